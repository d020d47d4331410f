import { sql } from 'kysely';
import type { Tx } from '../../../database/database.ts';
import type { DeriveToken } from '../../../runtime/derived-tokens.ts';
import { hashToken } from '../../../runtime/hash-token.ts';

/**
 * Write path 3/5: what makes an invite acceptable. Its token is no part of a record: the row keeps
 * what it is derived from and its hash, and nobody is shown those.
 */

export interface InviteToken {
  readonly memberId: string;
  /** From `randomNonce`; the same one again keeps the token. */
  readonly nonce: string;
}

/**
 * Three parameters each: a hundred thousand would not fit into one statement, a thousand do easily.
 */
const rowsPerStatementMax = 1_000;

/** An invite's earlier token stops working. */
export async function saveInviteTokens(tx: Tx, orgId: string, tokens: readonly InviteToken[], deriveToken: DeriveToken): Promise<void> {
  for (let start = 0; start < tokens.length; start += rowsPerStatementMax) {
    const batch = tokens.slice(start, start + rowsPerStatementMax).map(({ memberId, nonce }) => {
      const hash = hashToken(deriveToken('invite', memberId, nonce));
      return sql`(${memberId}::bigint, ${nonce}::text, ${hash}::text)`;
    });
    await sql`
      UPDATE members SET invite_token_nonce = tokens.nonce, invite_token_hash = tokens.hash
      FROM (VALUES ${sql.join(batch)}) AS tokens (member_id, nonce, hash)
      WHERE members.organization_id = ${orgId} AND members.id = tokens.member_id`.execute(tx);
  }
}

/** Null for an invite that has no token yet, such as an imported one. */
export async function readInviteNonce(tx: Tx, memberId: string): Promise<string | null> {
  const row = await tx.selectFrom('members').select('invite_token_nonce').where('id', '=', memberId).executeTakeFirst();
  return row?.invite_token_nonce ?? null;
}

/** Null for an invite that has no token yet, and where there is no such row. */
export async function readInviteTokenHash(tx: Tx, memberId: string): Promise<string | null> {
  const row = await tx.selectFrom('members').select('invite_token_hash').where('id', '=', memberId).executeTakeFirst();
  return row?.invite_token_hash ?? null;
}
