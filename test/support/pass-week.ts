import { sql } from 'kysely';
import type { TestServer } from './server.ts';

/** Makes an address one that was verified a week ago, which is then no longer new. */
export async function passWeek({ services }: TestServer, email: string): Promise<void> {
  await services.db
    .updateTable('user_emails')
    .set({ verified_at: sql<string>`verified_at - interval '7 days'` })
    .where('email', '=', email)
    .execute();
}
