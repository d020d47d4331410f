import { sql } from 'kysely';

/**
 * Whether the user of the row of `users` has no second factor. Recovery codes alone do not count
 * (REST contract 5.6).
 */
export const lacksSecondFactor = sql<boolean>`NOT EXISTS (
  SELECT FROM authenticators WHERE authenticators.user_id = users.id AND authenticators.type = 'totp'
)`;

/** The context with which the seed of a user's authenticator app is encrypted. */
export function contextOfTotp(userId: string): string {
  return `totp ${userId}`;
}
