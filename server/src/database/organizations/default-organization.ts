import { isId } from '@rollcall/protocol';
import type { Db } from '../database.ts';

/**
 * The organization that cannot be removed and that new users of a single-organization server join.
 * It is the configured one (by id or slug), else the first active one (REST contract 14). Null if
 * there is none.
 */
export async function readDefaultOrganizationId(db: Db, configured: string | null): Promise<string | null> {
  if (configured !== null) {
    const column = isId(configured) ? 'id' : 'slug';
    const named = await db.selectFrom('organizations').select('id').where(column, '=', configured).executeTakeFirst();
    if (named) return named.id;
  }
  const first = await db
    .selectFrom('organizations')
    .select('id')
    .where('status', '=', 'active')
    .orderBy('date_created')
    .orderBy('id')
    .executeTakeFirst();
  return first?.id ?? null;
}
