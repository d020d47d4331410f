import { sql } from 'kysely';
import type { Db } from '../database.ts';

/** The addresses from which identity providers call (REST contract 13.3). */

/** An address of an identity provider. */
export interface ScimAddress {
  readonly tokenId: string;
  readonly address: string;
}

const shownFor = sql<string>`clock_timestamp() - interval '7 days'`;
/** An identity provider has a handful. Later ones are not recorded. */
const addressesPerTokenMax = 100;

/** Records the use of an address. A row is written at most once an hour. */
export async function recordScimAddress(db: Db, orgId: string, { tokenId, address }: ScimAddress): Promise<void> {
  await sql`
    INSERT INTO scim_addresses (token_id, organization_id, address)
    SELECT id, organization_id, ${address} FROM auth_tokens
    WHERE id = ${tokenId} AND organization_id = ${orgId}
      AND (SELECT count(*) FROM scim_addresses WHERE organization_id = ${orgId} AND token_id = ${tokenId} AND address <> ${address} AND last_seen > ${shownFor})
        < ${addressesPerTokenMax}
    ON CONFLICT (token_id, address) DO UPDATE SET last_seen = excluded.last_seen
      WHERE scim_addresses.last_seen < clock_timestamp() - interval '1 hour'`.execute(db);
  await db
    .deleteFrom('scim_addresses')
    .where('organization_id', '=', orgId)
    .where('token_id', '=', tokenId)
    .where('last_seen', '<', shownFor)
    .execute();
}

/** The addresses of the last seven days. */
export async function readScimAddresses(db: Db, orgId: string): Promise<ScimAddress[]> {
  const rows = await db
    .selectFrom('scim_addresses')
    .select(['token_id', 'address'])
    .where('organization_id', '=', orgId)
    .where('last_seen', '>', shownFor)
    .orderBy('last_seen', 'desc')
    .execute();
  return rows.map(({ token_id, address }) => ({ tokenId: token_id, address }));
}
