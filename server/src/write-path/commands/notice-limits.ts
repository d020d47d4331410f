import { createHash } from 'node:crypto';
import { OrgError } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Tx } from '../../database/database.ts';
import { formatActor } from '../../domain/actor.ts';
import { inviteLimits } from '../../runtime/limits/rows/attempts.ts';
import type { SaveContext } from '../command.ts';

/**
 * Write path 4/5: counts actions that send mail to other people, in the command's transaction. A
 * refused action is not counted.
 */

/** Actions of members and visitors that send mail to other people. */
export type NoticeKind =
  | 'org-token'
  | 'invite-request'
  | 'join-request'
  | 'team-access-request'
  | 'organization-removal'
  | 'second-factor-required'
  | 'sso-link';

const daySeconds = 24 * 60 * 60;

/**
 * Counts one action for the actor and one for the organization, which is locked. The operator is
 * not limited. A visitor's action counts only for the organization, because the server itself acts
 * for visitors.
 * @throws OrgError `rate-limited`
 */
export async function countNotice(tx: Tx, { orgId, actor, limits }: SaveContext, kind: NoticeKind): Promise<void> {
  if (actor.kind === 'operator') return;
  const { noticesPerActor, noticesPerOrganization } = limits;
  if (actor.kind !== 'system') await countOne(tx, keyOf('notice-actor', kind, formatActor(actor)), noticesPerActor);
  await countOne(tx, keyOf('notice-organization', kind, orgId), noticesPerOrganization);
}

/** Counts an invitation. @throws OrgError `rate-limited` */
export function countInvitation(tx: Tx, email: string): Promise<void> {
  const address = createHash('sha256').update(email.toLowerCase()).digest('hex');
  return countOne(
    tx,
    `invitation-address:${address}`,
    inviteLimits.invitesPerAddress.value,
    'You are being rate limited for too many invitations.',
  );
}

function keyOf(scope: string, kind: NoticeKind, whose: string): string {
  return `${scope}-${kind}:${createHash('sha256').update(whose).digest('hex')}`;
}

async function countOne(tx: Tx, key: string, max: number, message = tooFrequent(max)): Promise<void> {
  const now = Date.now();
  const expiry = String(now + daySeconds * 1_000);
  const { rows } = await sql<{ points: number; expire: string }>`
    INSERT INTO attempt_limits (key, points, expire) VALUES (${key}, 1, ${expiry}::bigint)
    ON CONFLICT (key) DO UPDATE SET
      points = CASE WHEN attempt_limits.expire <= ${String(now)}::bigint THEN 1 ELSE attempt_limits.points + 1 END,
      expire = CASE WHEN attempt_limits.expire <= ${String(now)}::bigint THEN excluded.expire ELSE attempt_limits.expire END
    RETURNING points, expire`.execute(tx);
  const { points, expire } = rows[0]!;
  if (points <= max) return;
  throw new OrgError('rate-limited', message, { retryAfterSeconds: Math.max(1, Math.ceil((Number(expire) - now) / 1_000)) });
}

function tooFrequent(max: number): string {
  return `You are attempting to use this endpoint too frequently. Limit is ${max} requests in ${daySeconds} seconds`;
}

/** @throws OrgError `invalid` if the number of records, including the new one, exceeds the limit */
export function assertAtMost(count: number, max: number, what: string): void {
  if (count > max) throw new OrgError('invalid', `${what} Limit is ${max}.`);
}
