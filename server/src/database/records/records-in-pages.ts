import type { OrgRecord, RecordKind } from '@rollcall/protocol';
import { type SelectQueryBuilder, sql } from 'kysely';
import { readLiveAuditEntries } from '../audit/audit-entries.ts';
import type { Db } from '../database.ts';
import { projectKeyColumns, projectKeyFromRow } from '../projects/project-keys.ts';
import { projectSettingsColumns, projectSettingsFromRow } from '../projects/project-settings.ts';
import type { Schema } from '../schema.ts';
import { accessRequestColumns, accessRequestFromRow } from '../teams/access-requests.ts';
import {
  authTokenColumns,
  authTokenFromRow,
  memberColumns,
  memberFromRow,
  projectColumns,
  projectFromRow,
  projectTeamColumns,
  projectTeamFromRow,
  teamColumns,
  teamFromRow,
  teamMemberColumns,
  teamMemberFromRow,
} from './records-read.ts';

/**
 * An organization's records a page at a time: no transaction is held while what was read is worked on. Pages are of different
 * moments then. A record that nothing changes meanwhile is in exactly one of them, since pages follow each other by keys
 * that never change.
 */

/** The organization itself is one record, and is read with the head. */
export type PagedKind = Exclude<RecordKind, 'organization'>;

/** How many records were there. A member without a user counts as invite, or as the request to be let in that they are. */
export type RecordCounts = Readonly<Record<PagedKind | 'organization' | 'invite' | 'join-request', number>>;

export interface RecordExtent {
  readonly counts: RecordCounts;
  /** Bytes of all the settings of projects as JSON, which are long where rules are. */
  readonly settingsBytes: number;
}

/** Some 8 ms of parsing. */
const pageRecordsMax = 1_000;
/** Most are about 1 KB, but one with long lists of rules may be hundreds: this many bounds what is held at once. */
const settingsPageRecordsMax = 100;

export interface RecordsPage {
  readonly records: readonly OrgRecord[];
  /** Where the next page begins: after this id. Null when this was the last. */
  readonly after: string | null;
}

/** @param after an id, as a page gave it; null begins with the first */
export async function readRecordsPage(db: Db, orgId: string, kind: PagedKind, after: string | null): Promise<RecordsPage> {
  const records = await readers[kind](db, orgId, after);
  const pageMax = kind === 'project-settings' ? settingsPageRecordsMax : pageRecordsMax;
  return { records, after: records.length < pageMax ? null : records.at(-1)!.id };
}

type PageReader = (db: Db, orgId: string, after: string | null) => Promise<OrgRecord[]>;

const readers: { readonly [K in PagedKind]: PageReader } = {
  async member(db, orgId, after) {
    const query = db.selectFrom('members').select(memberColumns).where('organization_id', '=', orgId);
    return (await afterId(query, after).execute()).map(memberFromRow);
  },
  async team(db, orgId, after) {
    const query = db.selectFrom('teams').select(teamColumns).where('organization_id', '=', orgId);
    return (await afterId(query, after).execute()).map(teamFromRow);
  },
  async project(db, orgId, after) {
    const query = db.selectFrom('projects').select(projectColumns).where('organization_id', '=', orgId);
    return (await afterId(query, after).execute()).map(projectFromRow);
  },
  async 'auth-token'(db, orgId, after) {
    const query = db.selectFrom('auth_tokens').select(authTokenColumns).where('organization_id', '=', orgId).where('user_id', 'is', null);
    return (await afterId(query, after).execute()).map(authTokenFromRow);
  },
  async 'project-key'(db, orgId, after) {
    const rows = await db
      .selectFrom('project_keys')
      .select(projectKeyColumns)
      .where('organization_id', '=', orgId)
      .where('public_key', '>', after ?? '')
      .orderBy('public_key')
      .limit(pageRecordsMax)
      .execute();
    return rows.map(projectKeyFromRow);
  },
  async 'access-request'(db, orgId, after) {
    const query = db.selectFrom('access_requests').select(accessRequestColumns).where('organization_id', '=', orgId);
    return (await afterId(query, after).execute()).map(accessRequestFromRow);
  },
  async 'project-settings'(db, orgId, after) {
    const rows = await db
      .selectFrom('project_settings')
      .select(projectSettingsColumns)
      .where('organization_id', '=', orgId)
      .where('project_id', '>', after ?? '0')
      .orderBy('project_id')
      .limit(settingsPageRecordsMax)
      .execute();
    return rows.map(projectSettingsFromRow);
  },
  // Few: older ones are no records any more.
  'audit-entry': (db, orgId) => readLiveAuditEntries(db, orgId) as unknown as Promise<OrgRecord[]>,
  async 'team-member'(db, orgId, after) {
    const rows = await db
      .selectFrom('team_members')
      .select(teamMemberColumns)
      .where('organization_id', '=', orgId)
      .where(sql<boolean>`(team_id, member_id) > (${pairOf(after)})`)
      .orderBy('team_id')
      .orderBy('member_id')
      .limit(pageRecordsMax)
      .execute();
    return rows.map(teamMemberFromRow);
  },
  async 'project-team'(db, orgId, after) {
    const rows = await db
      .selectFrom('project_teams')
      .select(projectTeamColumns)
      .where('organization_id', '=', orgId)
      .where(sql<boolean>`(project_id, team_id) > (${pairOf(after)})`)
      .orderBy('project_id')
      .orderBy('team_id')
      .limit(pageRecordsMax)
      .execute();
    return rows.map(projectTeamFromRow);
  },
};

function afterId<Row>(query: SelectQueryBuilder<Schema, never, Row>, after: string | null) {
  return query
    .where(sql<boolean>`id > ${after ?? '0'}::bigint`)
    .orderBy(sql`id`)
    .limit(pageRecordsMax);
}

/** No id is 0 or less. */
function pairOf(after: string | null) {
  return sql.join((after ?? '0:0').split(':').map((id) => sql`${id}::bigint`));
}

export async function measureRecords(db: Db, orgId: string): Promise<RecordExtent> {
  const count = (table: keyof Schema, condition = sql<boolean>`true`) =>
    sql<string>`(select count(*) from ${sql.table(table)} where organization_id = ${orgId} and ${condition})`;
  const { rows } = await sql<Record<keyof RecordCounts | 'settingsBytes', string>>`select
    (select coalesce(sum(octet_length(settings::text)), 0) from project_settings where organization_id = ${orgId}) as "settingsBytes",
    (select count(*) from organizations where id = ${orgId}) as organization,
    ${count('members', sql`user_id is not null`)} as member,
    ${count('members', sql`user_id is null and invite_status <> 'requested_to_join'`)} as invite,
    ${count('members', sql`user_id is null and invite_status = 'requested_to_join'`)} as "join-request",
    ${count('teams')} as team,
    ${count('team_members')} as "team-member",
    ${count('projects')} as project,
    ${count('project_teams')} as "project-team",
    ${count('project_keys')} as "project-key",
    ${count('project_settings')} as "project-settings",
    ${count('auth_tokens', sql`user_id is null`)} as "auth-token",
    ${count('audit_entries', sql`is_live`)} as "audit-entry",
    ${count('access_requests')} as "access-request"`.execute(db);
  const { settingsBytes, ...counts } = rows[0]!;
  const numbers = Object.fromEntries(Object.entries(counts).map(([unit, text]) => [unit, Number(text)])) as RecordCounts;
  return { counts: numbers, settingsBytes: Number(settingsBytes) };
}
