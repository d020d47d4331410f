import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Tx } from '../database/database.ts';
import { randomHex } from '../runtime/random.ts';

/** Write path 3/5: what makes an invite acceptable. Its token is no part of a record: only its hash is kept, and nobody is shown that. */

export interface InviteToken {
  readonly memberId: string;
  readonly token: string;
}

/** 256 bits, as 64 hexadecimal digits (spec: 6.3). */
export function randomInviteToken(): string {
  return randomHex(32);
}

/** Tokens are random, so a slow hash would add nothing. */
export function hashInviteToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** Two parameters each: a hundred thousand would not fit into one statement, a thousand do easily. */
const rowsPerStatementMax = 1_000;

/** An invite's earlier token stops working. */
export async function saveInviteTokens(tx: Tx, orgId: string, tokens: readonly InviteToken[]): Promise<void> {
  for (let start = 0; start < tokens.length; start += rowsPerStatementMax) {
    const batch = tokens.slice(start, start + rowsPerStatementMax);
    const values = sql.join(batch.map(({ memberId, token }) => sql`(${memberId}::bigint, ${hashInviteToken(token)}::text)`));
    await sql`
      UPDATE members SET invite_token_hash = hashes.hash FROM (VALUES ${values}) AS hashes (member_id, hash)
      WHERE members.organization_id = ${orgId} AND members.id = hashes.member_id`.execute(tx);
  }
}
