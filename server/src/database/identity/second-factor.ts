import { sql } from 'kysely';

/**
 * The types of authenticators that are a second factor. Recovery codes alone are not (REST contract
 * 5.6).
 */
export const secondFactorTypes = ['totp', 'webauthn'] as const;

/** Whether the user of the row of `users` has no second factor. */
export const lacksSecondFactor = sql<boolean>`NOT EXISTS (
  SELECT FROM authenticators WHERE authenticators.user_id = users.id AND authenticators.type IN ('totp', 'webauthn')
)`;

/** The context with which the seed of a user's authenticator app is encrypted. */
export function contextOfTotp(userId: string): string {
  return `totp ${userId}`;
}
