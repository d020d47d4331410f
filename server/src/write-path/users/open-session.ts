import { sql } from 'kysely';
import type { Tx } from '../../database/database.ts';
import { translateDatabaseError } from '../../database/translate-error.ts';
import type { WritePath } from '../run-command.ts';
import { type SecondFactorUse, takeSecondFactor } from './take-second-factor.ts';

export interface OpenSession {
  readonly userId: string;
  /** What the password was compared with. */
  readonly passwordHash: string;
  /** Null only when the user has none. */
  readonly secondFactor: SecondFactorUse | null;
  readonly tokenHash: string;
  readonly daysMax: number;
  readonly ipAddress: string | null;
  readonly userAgent: string;
}

/** Of a browser's name for itself: enough to recognise it in a list. */
const userAgentLengthMax = 256;

/**
 * Opens a session, unless what the login was judged by changed meanwhile: then nothing happens, and no code is used up.
 * It ends nobody's access, so it is no command.
 */
export async function openSession({ database }: WritePath, input: OpenSession): Promise<'opened' | 'password-changed' | 'code-refused'> {
  try {
    return await database.db.transaction().execute((tx) => open(tx, input));
  } catch (error) {
    throw translateDatabaseError(error);
  }
}

async function open(tx: Tx, input: OpenSession) {
  // Held until the end: a change that ends the user's sessions waits for this one, and ends it too.
  const user = await tx
    .selectFrom('users')
    .select('id')
    .where('id', '=', input.userId)
    .where('is_active', '=', true)
    .where('password_hash', '=', input.passwordHash)
    .forShare()
    .executeTakeFirst();
  if (!user) return 'password-changed';
  const isProven = input.secondFactor ? await takeSecondFactor(tx, user.id, input.secondFactor) : !(await hasSecondFactor(tx, user.id));
  if (!isProven) return 'code-refused';
  await tx
    .insertInto('sessions')
    .values({
      user_id: input.userId,
      token_hash: input.tokenHash,
      expires_at: sql<string>`clock_timestamp() + make_interval(days => ${input.daysMax}::integer)`,
      ip_address: input.ipAddress,
      user_agent: [...input.userAgent].slice(0, userAgentLengthMax).join(''),
    })
    .execute();
  return 'opened';
}

async function hasSecondFactor(tx: Tx, userId: string): Promise<boolean> {
  const row = await tx
    .selectFrom('authenticators')
    .select('id')
    .where('user_id', '=', userId)
    .where('type', '=', 'totp')
    .executeTakeFirst();
  return row !== undefined;
}
