import {
  type LogChange,
  type MemberRecord,
  type OrganizationRecord,
  type OrgRecord,
  orgFlagsSchema,
  orgSettingsSchema,
  type ProjectKeyRecord,
  type ProjectRecord,
  type ProjectTeamRecord,
  type RecordKind,
  type TeamMemberRecord,
  type TeamRecord,
} from '@rollcall/protocol';
import { type Insertable, sql } from 'kysely';
import { anyOf } from './any-of.ts';
import type { Tx } from './database.ts';
import { deleteProjectKeys, upsertProjectKeys } from './project-keys.ts';
import type { Schema } from './schema.ts';

/**
 * Turns changes into rows. Children go before their parents and come after them, so that foreign keys hold at each
 * statement. What is not part of a record (token hashes, access requests) is saved by the command that has it.
 */

const parentsFirst: readonly RecordKind[] = ['organization', 'member', 'team', 'project', 'team-member', 'project-team', 'project-key'];

/** Rows per INSERT: with at most 13 columns this stays far below PostgreSQL's 65,535 parameters. */
const rowsPerStatementMax = 1_000;

export async function saveChanges(tx: Tx, orgId: string, changes: readonly LogChange[]): Promise<void> {
  const touched = parentsFirst.filter((kind) => changes.some((change) => change.kind === kind));
  for (const kind of [...touched].reverse()) {
    const gone = changes.filter((change) => change.kind === kind && change.after === null).map(({ before }) => before!);
    for (const batch of inBatches(gone)) await deleteRows(tx, orgId, kind, batch);
  }
  for (const kind of touched) {
    const put = changes.filter((change) => change.kind === kind && change.after !== null).map(({ after }) => after!);
    for (const batch of inBatches(put)) await upsertRows(tx, orgId, kind, batch);
  }
}

function* inBatches<T>(rows: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < rows.length; start += rowsPerStatementMax) yield rows.slice(start, start + rowsPerStatementMax);
}

async function deleteRows(tx: Tx, orgId: string, kind: RecordKind, records: readonly OrgRecord[]): Promise<void> {
  const ids = records.map(({ id }) => id);
  switch (kind) {
    case 'member':
      await tx.deleteFrom('members').where('organization_id', '=', orgId).where('id', '=', anyOf('bigint', ids)).execute();
      return;
    case 'team':
      await tx.deleteFrom('teams').where('organization_id', '=', orgId).where('id', '=', anyOf('bigint', ids)).execute();
      return;
    case 'project':
      await tx.deleteFrom('projects').where('organization_id', '=', orgId).where('id', '=', anyOf('bigint', ids)).execute();
      return;
    case 'team-member': {
      const rows = records as unknown as readonly TeamMemberRecord[];
      const pairs = sql.join(rows.map((row) => sql`(${row.teamId}::bigint, ${row.memberId}::bigint)`));
      await sql`DELETE FROM team_members WHERE organization_id = ${orgId} AND (team_id, member_id) IN (${pairs})`.execute(tx);
      return;
    }
    case 'project-team': {
      const rows = records as unknown as readonly ProjectTeamRecord[];
      const pairs = sql.join(rows.map((row) => sql`(${row.projectId}::bigint, ${row.teamId}::bigint)`));
      await sql`DELETE FROM project_teams WHERE organization_id = ${orgId} AND (project_id, team_id) IN (${pairs})`.execute(tx);
      return;
    }
    case 'project-key':
      return deleteProjectKeys(tx, orgId, ids);
    default:
      throw new Error(`No rows are deleted for a ${kind}.`);
  }
}

async function upsertRows(tx: Tx, orgId: string, kind: RecordKind, records: readonly OrgRecord[]): Promise<void> {
  switch (kind) {
    case 'organization':
      return upsertOrganizations(tx, records as unknown as readonly OrganizationRecord[]);
    case 'member':
      return upsertMembers(tx, orgId, records as unknown as readonly MemberRecord[]);
    case 'team':
      return upsertTeams(tx, orgId, records as unknown as readonly TeamRecord[]);
    case 'project':
      return upsertProjects(tx, orgId, records as unknown as readonly ProjectRecord[]);
    case 'team-member':
      return upsertTeamMembers(tx, orgId, records as unknown as readonly TeamMemberRecord[]);
    case 'project-team':
      return insertProjectTeams(tx, orgId, records as unknown as readonly ProjectTeamRecord[]);
    case 'project-key':
      return upsertProjectKeys(tx, orgId, records as unknown as readonly ProjectKeyRecord[]);
    default:
      throw new Error(`No rows are written for a ${kind}.`);
  }
}

async function upsertOrganizations(tx: Tx, records: readonly OrganizationRecord[]): Promise<void> {
  const rows = records.map((record) => ({
    id: record.id,
    slug: record.slug,
    name: record.name,
    status: record.status,
    default_role: record.defaultRole,
    avatar_type: record.avatarType,
    // The schemas strip what is not theirs, so each column gets its own half of the record.
    flags: JSON.stringify(orgFlagsSchema.parse(record)),
    settings: JSON.stringify(orgSettingsSchema.parse(record)),
    date_created: record.dateCreated,
  }));
  await tx
    .insertInto('organizations')
    .values(rows)
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet((eb) => ({
        slug: eb.ref('excluded.slug'),
        name: eb.ref('excluded.name'),
        status: eb.ref('excluded.status'),
        default_role: eb.ref('excluded.default_role'),
        avatar_type: eb.ref('excluded.avatar_type'),
        flags: eb.ref('excluded.flags'),
        settings: eb.ref('excluded.settings'),
      })),
    )
    .execute();
}

function rowFromMember(orgId: string, record: MemberRecord): Insertable<Schema['members']> {
  return {
    id: record.id,
    organization_id: orgId,
    user_id: record.user?.id ?? null,
    user_copy: record.user ? JSON.stringify(record.user) : null,
    // Accepting clears the address: a user's own is the only one that counts (spec: 6).
    email: record.user ? null : record.email,
    role: record.orgRole,
    flags: JSON.stringify(record.flags),
    invite_status: record.inviteStatus,
    inviter_id: record.inviterId,
    inviter_name: record.inviterName,
    invite_expires_at: record.inviteExpiresAt,
    invite_token_hash: null,
    invite_token_nonce: null,
    date_created: record.dateCreated,
  };
}

async function upsertMembers(tx: Tx, orgId: string, records: readonly MemberRecord[]): Promise<void> {
  await tx
    .insertInto('members')
    .values(records.map((record) => rowFromMember(orgId, record)))
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet((eb) => ({
        user_id: eb.ref('excluded.user_id'),
        user_copy: eb.ref('excluded.user_copy'),
        email: eb.ref('excluded.email'),
        role: eb.ref('excluded.role'),
        flags: eb.ref('excluded.flags'),
        invite_status: eb.ref('excluded.invite_status'),
        inviter_id: eb.ref('excluded.inviter_id'),
        inviter_name: eb.ref('excluded.inviter_name'),
        invite_expires_at: eb.ref('excluded.invite_expires_at'),
        // A member with a user has no invite that could be accepted once more.
        invite_token_hash: eb.case().when('excluded.user_id', 'is', null).then(eb.ref('members.invite_token_hash')).else(null).end(),
        invite_token_nonce: eb.case().when('excluded.user_id', 'is', null).then(eb.ref('members.invite_token_nonce')).else(null).end(),
      })),
    )
    .execute();
}

async function upsertTeams(tx: Tx, orgId: string, records: readonly TeamRecord[]): Promise<void> {
  await tx
    .insertInto('teams')
    .values(
      records.map((record) => ({
        id: record.id,
        organization_id: orgId,
        slug: record.slug,
        name: record.name,
        flags: JSON.stringify(record.flags),
        date_created: record.dateCreated,
      })),
    )
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet((eb) => ({
        slug: eb.ref('excluded.slug'),
        name: eb.ref('excluded.name'),
        flags: eb.ref('excluded.flags'),
      })),
    )
    .execute();
}

async function upsertTeamMembers(tx: Tx, orgId: string, records: readonly TeamMemberRecord[]): Promise<void> {
  await tx
    .insertInto('team_members')
    .values(
      records.map(({ teamId, memberId, teamRole }) => ({
        organization_id: orgId,
        team_id: teamId,
        member_id: memberId,
        team_role: teamRole,
      })),
    )
    .onConflict((conflict) => conflict.columns(['team_id', 'member_id']).doUpdateSet((eb) => ({ team_role: eb.ref('excluded.team_role') })))
    .execute();
}

async function upsertProjects(tx: Tx, orgId: string, records: readonly ProjectRecord[]): Promise<void> {
  await tx
    .insertInto('projects')
    .values(
      records.map((record) => ({
        id: record.id,
        organization_id: orgId,
        slug: record.slug,
        name: record.name,
        platform: record.platform,
        date_created: record.dateCreated,
      })),
    )
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet((eb) => ({
        slug: eb.ref('excluded.slug'),
        name: eb.ref('excluded.name'),
        platform: eb.ref('excluded.platform'),
      })),
    )
    .execute();
}

async function insertProjectTeams(tx: Tx, orgId: string, records: readonly ProjectTeamRecord[]): Promise<void> {
  await tx
    .insertInto('project_teams')
    .values(records.map(({ projectId, teamId }) => ({ organization_id: orgId, project_id: projectId, team_id: teamId })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
