import { sql } from 'kysely';
import type { TestServer } from './server.ts';

/**
 * Sets the verification of an address to a week ago, so that the address no longer counts as new.
 */
export async function passWeek({ services }: TestServer, email: string): Promise<void> {
  await services.db
    .updateTable('user_emails')
    .set({ verified_at: sql<string>`verified_at - interval '7 days'` })
    .where('email', '=', email)
    .execute();
}
