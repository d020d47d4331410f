import { sql } from 'kysely';
import { translateDatabaseError } from '../../../database/translate-error.ts';
import type { WritePath } from '../../run-command.ts';

/**
 * The id of an organization that is about to be created: a command is told where it happens, so
 * this comes before it.
 */
export async function takeOrganizationId({ database }: WritePath): Promise<string> {
  try {
    const { rows } = await sql<{ id: string }>`SELECT nextval('record_ids') AS id`.execute(database.db);
    return rows[0]!.id;
  } catch (error) {
    throw translateDatabaseError(error);
  }
}
