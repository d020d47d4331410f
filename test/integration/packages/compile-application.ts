import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { run } from '../../support/executables.ts';
import { repository } from '../../support/source-files.ts';

/** Uses every entry of the published packages. */
const application = `
import { connect, type OrganizationOptions } from '@rollcall/client';
import { requireScope } from '@rollcall/client/express';
import { requireScope as requireScopeOfFetch } from '@rollcall/client/fetch';
import { RollcallProvider, useMembers } from '@rollcall/client/react';
import { TestRollcall } from '@rollcall/client/testing';
import { type NumberedMigration, migrations } from '@rollcall/migrations';
import { type MemberRecord, orgRoles } from '@rollcall/protocol';
import type { NewTeam } from '@rollcall/protocol/rest';
import { teamShape } from '@rollcall/protocol/rest/shapes';
import { InviteButton, RoleSelect } from '@rollcall/react';
import { Select } from '@rollcall/react/parts';
import { ConfigError, createRollcall, parseConfig, type Rollcall } from '@rollcall/server';

const options: OrganizationOptions = { whenStale: 'fail-closed' };
// @ts-expect-error An optional property is left out, or has a value.
const wrong: OrganizationOptions = { whenStale: undefined };
const rollcall: Rollcall = createRollcall(parseConfig({}));
const members: readonly MemberRecord[] = connect({ url: rollcall.url }).organization('acme', options).state.members;
const first: NumberedMigration | undefined = Object.values(migrations)[0];
const team: NewTeam = { name: 'Engines' };
const org = new TestRollcall().client.organization('acme');
const guards = [requireScope('org:read', { org, who: () => null }), requireScopeOfFetch('org:read', { org, who: () => null })];
const components = [RollcallProvider, InviteButton, RoleSelect, Select];
export const all = [components, guards, useMembers, orgRoles, teamShape, ConfigError, wrong, members, first, team];
`;

/**
 * Compiles the application in a folder where the packages are installed, and returns the errors.
 * Those in the declarations of Node are left out, because these flags cause them.
 */
export async function compileApplication(folder: string, file: string, ...options: readonly string[]): Promise<string[]> {
  writeFileSync(path.join(folder, file), application);
  const strict = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--target', 'es2022'];
  const library = ['--lib', 'es2023,esnext.disposable,dom,dom.iterable', '--types', 'node'];
  const tsc = path.join(repository, 'node_modules/.bin/tsc');
  const output = await run(tsc, [...strict, ...library, ...options, file], { cwd: folder }).catch(
    (error: { stdout?: string }) => error.stdout || String(error),
  );
  return output.split('\n').filter((line) => /^\S/.test(line) && !line.startsWith('node_modules/@types/node/'));
}
