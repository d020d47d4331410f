import type { OrganizationRecord } from '@rollcall/protocol';
import { sql } from 'kysely';
import { anyOf } from '../../../database/any-of.ts';
import type { Db } from '../../../database/database.ts';
import { readOrganizations } from '../../../database/records/records-read.ts';
import type { UserActor } from '../../../domain/actor.ts';

export interface OwnedOrganization {
  readonly organization: OrganizationRecord;
  /** Whether the organization has no other active owner. */
  readonly hasSingleOwner: boolean;
}

/**
 * The organizations that the user owns, by name. They show which ones would have no owner without
 * the user (REST contract 5.4, `owner=1`).
 */
export async function listOwnedOrganizations(db: Db, { userId, boundOrgIds }: UserActor): Promise<OwnedOrganization[]> {
  const rows = await db
    .selectFrom('members as mine')
    .select((eb) => [
      'mine.organization_id as id',
      eb
        .selectFrom('members as owners')
        .select((owners) => owners.fn.countAll<string>().as('count'))
        .whereRef('owners.organization_id', '=', 'mine.organization_id')
        .where('owners.role', '=', 'owner')
        .where(sql<boolean>`(owners.user_copy ->> 'isActive')::boolean`)
        .as('owners'),
    ])
    .where('mine.user_id', '=', userId)
    .where('mine.role', '=', 'owner')
    .$if(boundOrgIds !== null, (mine) => mine.where('mine.organization_id', '=', anyOf('bigint', [...boundOrgIds!])))
    .execute();
  const owners = new Map(rows.map(({ id, owners }) => [id, Number(owners)]));
  const organizations = await readOrganizations(db, [...owners.keys()]);
  return organizations
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    .map((organization) => ({ organization, hasSingleOwner: owners.get(organization.id) === 1 }));
}
