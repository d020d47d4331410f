import type { OrganizationRecord, OrgRoleId, OrgState, Scope } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Db } from '../../../database/database.ts';
import { readDefaultOrganizationId } from '../../../database/organizations/default-organization.ts';
import { type Actor, memberOfActor } from '../../../domain/actor.ts';
import { effectiveScopes } from '../../../domain/authorize.ts';

/**
 * The details of an organization beyond its record, except teams and projects (REST contract 5.5).
 */
export interface OrganizationDetails {
  readonly organization: OrganizationRecord;
  readonly access: ReadonlySet<Scope>;
  /** Null for a caller without a member row. */
  readonly callerRole: OrgRoleId | null;
  readonly isDefault: boolean;
  /** The number of requests to join a team, from active members. */
  readonly pendingAccessRequests: number;
}

/** @param state the state against which the caller's access is evaluated */
export async function readOrganizationDetails(
  db: Db,
  state: OrgState,
  actor: Actor,
  configuredDefault: string | null,
): Promise<OrganizationDetails> {
  const organization = state.organization!;
  const member = memberOfActor(state, actor);
  const [defaultId, pendingAccessRequests] = await Promise.all([
    readDefaultOrganizationId(db, configuredDefault),
    countAccessRequests(db, organization.id),
  ]);
  return {
    organization,
    access: effectiveScopes(state, actor),
    callerRole: member?.orgRole ?? null,
    isDefault: defaultId === organization.id,
    pendingAccessRequests,
  };
}

async function countAccessRequests(db: Db, orgId: string): Promise<number> {
  const { count } = await db
    .selectFrom('access_requests')
    .innerJoin('members', (join) =>
      join.onRef('members.organization_id', '=', 'access_requests.organization_id').onRef('members.id', '=', 'access_requests.member_id'),
    )
    .select((eb) => eb.fn.countAll<string>().as('count'))
    .where('access_requests.organization_id', '=', orgId)
    .where(sql<boolean>`(members.user_copy ->> 'isActive')::boolean`)
    .executeTakeFirstOrThrow();
  return Number(count);
}
