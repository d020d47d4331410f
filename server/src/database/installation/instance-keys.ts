import { sql } from 'kysely';
import type { Db } from '../database.ts';

/**
 * An instance that stopped without a farewell counts for this time: ten of the intervals at which
 * instances register (`receipts/instance-registry.ts`).
 */
const silentSecondsMax = 20;

/**
 * The names of instances without the keys. An instance of an earlier release has no ids, so it is
 * among them.
 * @param by `has`: they lack a key. `uses`: their key in use is another one.
 */
export async function findLaggingInstances(db: Db, ids: readonly string[], by: 'has' | 'uses'): Promise<readonly string[]> {
  const own = by === 'has' ? sql`secret_keys` : sql`secret_keys[1:1]`;
  const { rows } = await sql<{ name: string }>`
    SELECT name FROM instances
    WHERE seen_at > now() - make_interval(secs => ${sql.lit(silentSecondsMax)}) AND (${own} @> ${ids}::text[]) IS NOT TRUE
    ORDER BY name`.execute(db);
  return rows.map(({ name }) => name);
}
