import * as z from 'zod';

/** When a link expires. A mail that the previous release has queued has none. */
export const expirySchema = z.string().nullable().optional();

const format = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' });

/** "expires on 9 December 2026 (UTC)". */
export function describeExpiry(expiresAt: z.output<typeof expirySchema>): string {
  return expiresAt ? `expires on ${format.format(new Date(expiresAt))} (UTC)` : 'expires';
}
