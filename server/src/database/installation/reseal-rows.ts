import { sql } from 'kysely';
import type { KeyRing } from '../../runtime/secrets/key-ring.ts';
import { decryptSecret, encryptSecret, suffixOfKey } from '../../runtime/secrets/secrets-at-rest.ts';
import type { Db, Tx } from '../database.ts';
import { contextOfTotp } from '../identity/second-factor.ts';
import { contextOfOrgSecret, type SecretOwner } from '../organizations/org-secrets.ts';

/**
 * The encrypted columns that outlive a rotation of SECRET. Logins under way and connections that
 * are being set up are encrypted too, but end within minutes.
 */

export interface ResealedPage {
  /** The key of the last row. Null after the end of the table. */
  readonly after: readonly string[] | null;
  /** Rows that were encrypted again. */
  readonly resealed: number;
  /** Rows that changed at the same time. The next pass finds those that still need it. */
  readonly skipped: number;
  /** Rows that no key opens. They were already of no use. */
  readonly unreadable: number;
}

interface SealedTable {
  readonly name: string;
  resealPage(tx: Tx, keys: KeyRing, after: readonly string[] | null): Promise<ResealedPage>;
  countOthers(db: Db, keyId: string): Promise<number>;
}

/** Decrypting and encrypting takes some 10 µs per row, the statements about 20 ms per page. */
const pageRows = 100;

type OrgSecretRow = SecretOwner & { readonly name: string; readonly encrypted: string };

const orgSecrets: SealedTable = {
  name: 'org_secrets',

  async resealPage(tx, keys, after) {
    const from = after ?? ['0', '', '0', ''];
    const { rows } = await sql<OrgSecretRow>`
      SELECT organization_id AS "orgId", owner_kind AS kind, owner_id AS id, name, encrypted FROM org_secrets
      WHERE (organization_id, owner_kind, owner_id, name) > (${from[0]}::bigint, ${from[1]}, ${from[2]}::bigint, ${from[3]})
        AND ${isOther('encrypted', keys.current)}
      ORDER BY organization_id, owner_kind, owner_id, name LIMIT ${pageRows}`.execute(tx);
    return resealAll(rows, {
      keyOf: ({ orgId, kind, id, name }) => [orgId, kind, id, name],
      reseal: (row) => reseal(keys, contextOfOrgSecret(row, row.name), row.encrypted),
      // A claim replaces the secret only if it is still the text that was claimed.
      save: ({ orgId, kind, id, name, encrypted }, again) =>
        sql`
        UPDATE org_secrets SET encrypted = ${again}
        WHERE organization_id = ${orgId} AND owner_kind = ${kind} AND owner_id = ${id} AND name = ${name} AND encrypted = ${encrypted}
          AND (leased_until IS NULL OR leased_until < clock_timestamp())`.execute(tx),
    });
  },

  countOthers: (db, keyId) => countRows(db, sql`org_secrets WHERE ${isOther('encrypted', keyId)}`),
};

const totps: SealedTable = {
  name: 'authenticators',

  async resealPage(tx, keys, after) {
    const { rows } = await sql<{ readonly id: string; readonly userId: string; readonly secret: string }>`
      SELECT id, user_id AS "userId", secret FROM authenticators
      WHERE id > ${after?.[0] ?? '0'}::bigint AND type = 'totp' AND ${isOther('secret', keys.current)}
      ORDER BY id LIMIT ${pageRows}`.execute(tx);
    return resealAll(rows, {
      keyOf: ({ id }) => [id],
      reseal: ({ userId, secret }) => reseal(keys, contextOfTotp(userId), secret),
      save: ({ id, secret }, again) => sql`UPDATE authenticators SET secret = ${again} WHERE id = ${id} AND secret = ${secret}`.execute(tx),
    });
  },

  countOthers: (db, keyId) => countRows(db, sql`authenticators WHERE type = 'totp' AND ${isOther('secret', keyId)}`),
};

/** In the order in which a pass reads them. */
export const sealedTables: readonly SealedTable[] = [orgSecrets, totps];

/** The number of rows that are not encrypted by this key. */
export async function countOtherKeys(db: Db, keyId: string): Promise<number> {
  const counts = await Promise.all(sealedTables.map((table) => table.countOthers(db, keyId)));
  return counts.reduce((sum, count) => sum + count, 0);
}

const isOther = (column: 'encrypted' | 'secret', keyId: string) => sql<boolean>`${sql.ref(column)} NOT LIKE ${`%${suffixOfKey(keyId)}`}`;

async function countRows(db: Db, from: ReturnType<typeof sql>): Promise<number> {
  const { rows } = await sql<{ count: number }>`SELECT count(*)::integer AS count FROM ${from}`.execute(db);
  return rows[0]!.count;
}

/** Null if no key opens the text. */
function reseal(keys: KeyRing, context: string, stored: string): string | null {
  let text: string;
  try {
    text = decryptSecret(keys, context, stored);
  } catch {
    return null;
  }
  return encryptSecret(keys, context, text);
}

interface RowSteps<Row> {
  keyOf(row: Row): readonly string[];
  reseal(row: Row): string | null;
  save(row: Row, again: string): Promise<{ readonly numAffectedRows?: bigint }>;
}

async function resealAll<Row>(rows: readonly Row[], { keyOf, reseal: resealOne, save }: RowSteps<Row>): Promise<ResealedPage> {
  const readable = rows.map((row) => [row, resealOne(row)] as const).filter((pair): pair is readonly [Row, string] => pair[1] !== null);
  const saved = await Promise.all(readable.map(([row, again]) => save(row, again)));
  const resealed = saved.filter(({ numAffectedRows }) => numAffectedRows === 1n).length;
  return {
    after: rows.length < pageRows ? null : keyOf(rows.at(-1)!),
    resealed,
    skipped: readable.length - resealed,
    unreadable: rows.length - readable.length,
  };
}
