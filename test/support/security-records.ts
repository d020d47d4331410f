import assert from 'node:assert/strict';
import {
  type AuthProviderRecord,
  type IntegrationRecord,
  type IpAllowListRecord,
  type LogChange,
  type MemberRecord,
  type OrganizationRecord,
  OrgState,
} from '../../protocol/src/index.ts';
import { readAllRecords } from '../../server/src/database/records/record-tables.ts';
import { created, updated } from '../../server/src/domain/changes.ts';
import { hashToken } from '../../server/src/runtime/secrets/hash-token.ts';
import type { Command } from '../../server/src/write-path/command.ts';
import { runCommand } from '../../server/src/write-path/run-command.ts';
import { anAuthProvider, anIntegrationRecord } from './builders.ts';
import { nextNumber, type Person } from './provision.ts';
import type { TestServer } from './server.ts';

/**
 * Identity providers, bindings of sessions and lists of addresses, written directly as records and
 * rows. The revisions are logged and pushed like those of any command.
 */

type Decide = (state: OrgState) => readonly LogChange[];

const putRecords: Command<Decide, OrgState, null> = {
  name: 'put-records',
  load: async (tx, _decide, { orgId }) => OrgState.from(await readAllRecords(tx, orgId)),
  decide: (decide, state) => ({ changes: decide(state), result: null }),
};

/** Returns the revision. */
export async function changeRecords(server: TestServer, orgId: string, decide: Decide): Promise<number> {
  const { orgRevision } = await runCommand(server.services.writePath, putRecords, {
    orgId,
    actor: { kind: 'system' },
    input: decide,
    requestId: null,
    respond: async () => ({ status: 204 }),
  });
  return Number(orgRevision.split('.')[1]);
}

/** An integration of the organization, without secrets and without a checkpoint. */
export async function anIntegration(
  server: TestServer,
  orgId: string,
  fields: Partial<IntegrationRecord> = {},
): Promise<IntegrationRecord> {
  const id = String(9_000_000 + nextNumber());
  const names = { name: `Workspace ${id}`, domainName: `${id}.slack.com`, externalId: `T${id}` };
  const record = anIntegrationRecord({ id, ...names, config: {}, ...fields });
  await changeRecords(server, orgId, () => [created('integration', record)]);
  return record;
}

export function changeOrganization(state: OrgState, fields: Partial<OrganizationRecord>): LogChange[] {
  const before = state.organization!;
  return updated('organization', before, { ...before, ...fields });
}

export function changeMember(state: OrgState, memberId: string, fields: Partial<MemberRecord>): LogChange[] {
  const before = state.member(memberId)!;
  return updated('member', before, { ...before, ...fields });
}

/** Locks a member out, as `require2FA` does. Another user may have the address that it keeps. */
export async function lockOut(server: TestServer, orgId: string, memberId: string, email: string): Promise<void> {
  await changeRecords(server, orgId, (state) => {
    const { id, name } = state.member(memberId)!.user!;
    return changeMember(state, memberId, { user: null, pending: true, email, name: email, detachedUser: { id, name } });
  });
}

export function changeFlags(state: OrgState, memberId: string, flags: Partial<MemberRecord['flags']>): LogChange[] {
  return changeMember(state, memberId, { flags: { ...state.member(memberId)!.flags, ...flags } });
}

export function changeAuthProvider(state: OrgState, fields: Partial<AuthProviderRecord>): LogChange[] {
  const before = state.authProvider!;
  return updated('auth-provider', before, { ...before, ...fields });
}

/** Adds a provider, which is active by default, and returns its id. */
export async function addAuthProvider(server: TestServer, orgId: string, fields: Partial<AuthProviderRecord> = {}): Promise<string> {
  const provider = anAuthProvider({ id: String(9_000_000 + nextNumber()), ...fields });
  await changeRecords(server, orgId, (state) => [
    created('auth-provider', provider),
    ...changeOrganization(state, { hasAuthProvider: provider.status === 'active' }),
  ]);
  return provider.id;
}

/** The changes of the revision that makes single sign-on required, or optional again. */
export function enforceChanges(state: OrgState, requiresSso = true): LogChange[] {
  return [...changeAuthProvider(state, { requireLink: requiresSso }), ...changeOrganization(state, { requiresSso })];
}

/** Links the person's identity at the organization's provider, and returns the identity's id. */
export async function linkIdentity(server: TestServer, orgId: string, person: Pick<Person, 'userId' | 'memberId'>): Promise<string> {
  await changeRecords(server, orgId, (state) => changeFlags(state, person.memberId!, { 'sso:linked': true }));
  const { db } = server.services;
  const provider = await db.selectFrom('auth_providers').select('id').where('organization_id', '=', orgId).executeTakeFirstOrThrow();
  const { id } = await db
    .insertInto('sso_identities')
    .values({
      organization_id: orgId,
      provider_id: provider.id,
      subject: `subject-${nextNumber()}`,
      user_id: person.userId,
      member_id: person.memberId,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

export interface BindingOptions {
  readonly secondsLeft?: number;
  readonly generation?: number;
  /** Whether the session began with single sign-on instead of a password. */
  readonly isSsoSession?: boolean;
}

/** Binds the session of a cookie to the provider of the identity. */
export async function bindSession(
  server: TestServer,
  cookie: string,
  identityId: string,
  { secondsLeft = 3_600, generation = 1, isSsoSession = false }: BindingOptions = {},
): Promise<void> {
  const { db, sessionCookie } = server.services;
  const tokenHash = hashToken(sessionCookie.read(cookie)!);
  const session = await db.selectFrom('sessions').select('id').where('token_hash', '=', tokenHash).executeTakeFirst();
  assert.ok(session, 'there is no such session');
  if (isSsoSession) await db.updateTable('sessions').set({ kind: 'sso' }).where('id', '=', session.id).execute();
  const identity = await db
    .selectFrom('sso_identities')
    .select(['organization_id', 'provider_id'])
    .where('id', '=', identityId)
    .executeTakeFirstOrThrow();
  await db
    .insertInto('session_sso')
    .values({
      session_id: session.id,
      identity_id: identityId,
      ...identity,
      generation,
      expires_at: new Date(Date.now() + secondsLeft * 1_000).toISOString(),
    })
    .execute();
}

/** Puts the organization's list of addresses, and returns the revision. */
export function allowAddresses(server: TestServer, orgId: string, cidrs: readonly string[], isEnabled = true): Promise<number> {
  const rules = cidrs.map((cidr, index) => ({ id: String(index + 1), cidr, description: '', expiresAt: null }));
  const after: IpAllowListRecord = { id: orgId, isEnabled, rules };
  return changeRecords(server, orgId, (state) => {
    const before = state.ipAllowList;
    return before ? updated('ip-allow-list', before, after) : [created('ip-allow-list', after)];
  });
}
