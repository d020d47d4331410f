import type { TeamRecord } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Db } from '../../../database/database.ts';
import { teamColumns, teamFromRow } from '../../../database/records/records-read.ts';

/** The teams that have this name in any case, or this slug. The domain decides which are meant. */
export async function readGroupsByName(db: Db, orgId: string, { name, slug }: { name: string; slug: string }): Promise<TeamRecord[]> {
  const rows = await db
    .selectFrom('teams')
    .select(teamColumns)
    .where('organization_id', '=', orgId)
    .where((eb) => eb.or([eb('slug', '=', slug), eb(sql`lower(name)`, '=', sql`lower(${name})`)]))
    .execute();
  return rows.map(teamFromRow);
}
