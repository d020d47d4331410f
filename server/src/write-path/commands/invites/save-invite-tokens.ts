import { sql } from 'kysely';
import type { Tx } from '../../../database/database.ts';
import type { DeriveToken } from '../../../runtime/secrets/derived-tokens.ts';
import { hashToken } from '../../../runtime/secrets/hash-token.ts';

/**
 * Write path 4/5: saves the tokens of invites. A token is not part of a record. The row contains
 * its nonce and its hash, which are never shown.
 */

export interface InviteToken {
  readonly memberId: string;
  /** From `DeriveToken.newNonce`. The same nonce gives the same token. */
  readonly nonce: string;
}

/** Rows per statement. Each row has three parameters, and a statement has at most 65,535. */
const rowsPerStatementMax = 1_000;

/** The earlier tokens of these invites become invalid. */
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

/** Null for an invite without a token, such as an imported one. */
export async function readInviteNonce(tx: Tx, orgId: string, memberId: string): Promise<string | null> {
  const ofMember = tx.selectFrom('members').where('organization_id', '=', orgId).where('id', '=', memberId);
  const row = await ofMember.select('invite_token_nonce').executeTakeFirst();
  return row?.invite_token_nonce ?? null;
}

/** Null for an invite without a token, and for an unknown id. */
export async function readInviteTokenHash(tx: Tx, orgId: string, memberId: string): Promise<string | null> {
  const ofMember = tx.selectFrom('members').where('organization_id', '=', orgId).where('id', '=', memberId);
  const row = await ofMember.select('invite_token_hash').executeTakeFirst();
  return row?.invite_token_hash ?? null;
}
