import { type MemberRecord, type OrgRecord, OrgState } from '@rollcall/protocol';
import { anyOf } from '../../../database/any-of.ts';
import type { Db } from '../../../database/database.ts';
import { detachedUserId, memberColumns, memberFromRow } from '../../../database/records/records-read.ts';
import { readAccessRecords } from '../../../database/security/access-records.ts';
import { type CallingActor, userIdOf } from '../../../domain/actor.ts';
import { denialOf } from '../../../domain/authorize.ts';

/** The state against which a caller's access to one of several organizations is evaluated. */
export interface CallerState {
  readonly state: OrgState;
  /** The caller's own member, who has no user if a required second factor locked them out. */
  readonly member: MemberRecord | null;
}

/**
 * The states by organization id, for this caller only. Organizations that do not exist are absent.
 */
export async function readCallerStates(db: Db, actor: CallingActor, orgIds: readonly string[]): Promise<ReadonlyMap<string, CallerState>> {
  const accessRecords = await readAccessRecords(db, orgIds, actor.address);
  const members = await readOwnMembers(db, userIdOf(actor), orgIds);
  return new Map(
    [...accessRecords].map(([orgId, records]) => {
      const state = OrgState.from(records);
      const member = members.get(orgId) ?? null;
      if (member) state.put('member', member as unknown as OrgRecord);
      return [orgId, { state, member }];
    }),
  );
}

/**
 * The ids of the caller's organizations to which they have access at the moment. Null for a
 * service, which has access to all.
 */
export async function readAdmittedIds(db: Db, actor: CallingActor): Promise<string[] | null> {
  if (actor.kind === 'service') return null;
  const orgIds = actor.kind === 'org-token' ? [actor.orgId] : await readMembershipIds(db, actor.userId);
  const states = await readCallerStates(db, actor, orgIds);
  return [...states].flatMap(([orgId, { state }]) => (denialOf(state, actor) === null ? [orgId] : []));
}

async function readMembershipIds(db: Db, userId: string): Promise<string[]> {
  const rows = await db.selectFrom('members').select('organization_id').where('user_id', '=', userId).execute();
  return rows.map((row) => row.organization_id);
}

async function readOwnMembers(db: Db, userId: string | null, orgIds: readonly string[]): Promise<ReadonlyMap<string, MemberRecord>> {
  if (userId === null || orgIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('members')
    .select([...memberColumns, 'organization_id'])
    .where((eb) => eb.or([eb('user_id', '=', userId), eb.and([eb('user_id', 'is', null), eb(detachedUserId, '=', userId)])]))
    .where('organization_id', '=', anyOf('bigint', orgIds))
    .execute();
  return new Map(rows.map((row) => [row.organization_id, memberFromRow(row)]));
}
