import { sql } from 'kysely';
import { translateDatabaseError } from '../../../database/translate-error.ts';
import type { WritePath } from '../../run-command.ts';

/**
 * Allocates the id of a new organization. A command needs the id of its organization before it
 * runs.
 */
export async function allocateOrganizationId({ database }: WritePath): Promise<string> {
  try {
    const { rows } = await sql<{ id: string }>`SELECT nextval('record_ids') AS id`.execute(database.db);
    return rows[0]!.id;
  } catch (error) {
    throw translateDatabaseError(error);
  }
}
