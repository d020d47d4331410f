import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { run } from '../../support/executables.ts';
import { anOrganizationOf, aPerson } from '../../support/provision.ts';
import { makeTemporaryDirectory } from '../../support/run-directory.ts';
import { enableScim } from '../../support/scim.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { repository } from '../../support/source-files.ts';

/** Calls an operation of each part of the API by its generated function. */
const program = `
import { createScimUser, createTeam, listChanges, listMembersOf, readSelf } from './client';
import { client } from './client/client.gen';
import type { operations } from './types';

const [baseUrl = '', token = '', operatorToken = '', scimToken = '', org = ''] = process.argv.slice(2);
client.setConfig({ baseUrl, auth: token });

async function main(): Promise<void> {
  const self = await readSelf({ throwOnError: true });
  const { data: floor } = await listChanges({ path: { org }, query: { after: 'floor' }, throwOnError: true });
  const team = await createTeam({ path: { org }, body: { slug: 'payments' }, throwOnError: true });
  const role: 'contributor' | 'admin' | null = team.data.teamRole;
  const user = await createScimUser({
    path: { org },
    auth: scimToken,
    body: { userName: 'grace@example.com' },
    headers: { 'Content-Type': 'application/scim+json' },
    throwOnError: true,
  });
  const changes = await listChanges({ path: { org }, query: { after: floor.after, types: ['team.created', 'invite.created'] }, throwOnError: true });
  const members = await listMembersOf({ path: { org }, auth: operatorToken, throwOnError: true });
  const missing = await createTeam({ path: { org }, body: { slug: 'payments' } });

  type Team = operations['createTeam']['responses'][201]['content']['application/json'];
  const typed: Team = team.data;
  console.log(JSON.stringify({
    self: self.data.id,
    team: [typed.slug, role],
    user: user.data.userName,
    changes: changes.data.data.map(({ type }) => type),
    members: members.data.map(({ email }) => email),
    status: missing.response?.status,
  }));
}
main().catch((error: unknown) => {
  console.error(JSON.stringify(error), error);
  process.exitCode = 1;
});
`;

const compilerOptions = {
  strict: true,
  noUncheckedIndexedAccess: true,
  noEmit: true,
  target: 'es2023',
  module: 'esnext',
  moduleResolution: 'bundler',
  lib: ['es2023', 'dom', 'dom.iterable'],
  types: ['node'],
  typeRoots: [path.join(repository, 'node_modules/@types')],
};

describe('clients that are generated from the OpenAPI document', () => {
  let server: TestServer;
  const folder = makeTemporaryDirectory('generated');

  before(async function () {
    // Two generators and a compiler, each of which takes some seconds.
    this.timeout(180_000);
    server = await startServer();
    const { body } = await server.request('GET', '/api/0/openapi.json');
    const document = path.join(folder, 'openapi.json');
    writeFileSync(document, JSON.stringify(body));
    await run(process.execPath, [path.join(repository, 'test/support/generate-clients.mjs'), document, folder]);
    writeFileSync(path.join(folder, 'program.ts'), program);
    writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['.'] }));
  });
  after(() => server?.stop());

  it('compile in strict mode', async () => {
    const compiler = path.join(repository, 'node_modules/typescript/lib/tsc.js');
    const problems = await run(process.execPath, [compiler, '-p', folder]).catch(({ stdout }: { readonly stdout: string }) => stdout);
    assert.equal(problems, '');
  });

  it('call the REST API, SCIM, the changes API and the operator API by functions with the ids of the operations', async () => {
    const owner = await aPerson(server);
    const org = await anOrganizationOf(server, owner);
    const { token: scimToken } = await enableScim(server, org.id);
    const args = ['--import', 'tsx', path.join(folder, 'program.ts'), server.url, owner.token, server.operatorToken, scimToken, org.slug];
    const output = await run(process.execPath, args, { cwd: repository });
    assert.deepEqual(JSON.parse(output), {
      self: owner.userId,
      team: ['payments', 'admin'],
      user: 'grace@example.com',
      changes: ['team.created', 'invite.created'],
      members: [owner.email, 'grace@example.com'],
      status: 409,
    });
  });
});
