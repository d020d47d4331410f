import { createHmac } from 'node:crypto';
import { sql } from 'kysely';
import * as z from 'zod';
import { deriveKey } from '../../runtime/secrets/derive-key.ts';
import { isSameDigest, type KeyRing, type KeyState, keyIdOf, lastingKeysOf } from '../../runtime/secrets/key-ring.ts';
import { decryptSecret, encryptWith } from '../../runtime/secrets/secrets-at-rest.ts';
import type { Db, Tx } from '../database.ts';

/**
 * The row `secret-keys` of `server_values` names the key in use, and has the lasting keys,
 * encrypted by it. So an instance that can open them has the right SECRET. The row `secret-check`
 * is that of earlier releases, which warn if it doesn't fit their SECRET.
 */

export const keyRowName = 'secret-keys';
const checkName = 'secret-check';
const context = 'lasting-keys';

const rowSchema = z.object({ current: z.string(), first: z.string(), busName: z.string(), lasting: z.string() });
const lastingSchema = z.object({ digests: z.base64(), erasedNames: z.base64() });

/** Null before the first start of this release. */
export async function readKeyRow(db: Db): Promise<string | null> {
  const { rows } = await sql<{ value: string }>`SELECT value FROM server_values WHERE name = ${keyRowName}`.execute(db);
  return rows[0]?.value ?? null;
}

/**
 * Uses the keys as the row states. If this instance lacks the key in use, the ring has a problem
 * from then on, which makes the instance unready.
 */
export function useKeyRow(keys: KeyRing, row: string): void {
  const { current, first, busName, lasting } = rowSchema.parse(JSON.parse(row));
  if (!keys.has(current)) {
    keys.refuse(missingText(current));
    return;
  }
  const opened = lastingSchema.parse(JSON.parse(decryptSecret(keys, context, lasting)));
  const digests = Buffer.from(opened.digests, 'base64');
  const erasedNames = Buffer.from(opened.erasedNames, 'base64');
  keys.use({ current, first, lasting: { digests, erasedNames, busName } });
}

function missingText(current: string): string {
  return (
    `SECRET is not the one with which the stored secrets were encrypted (key ${current}). Webhooks, identity providers and second factors can't be used. ` +
    'Set SECRET, or SECRET_PREVIOUS during a rotation, to that value: docs/operating/keys.md'
  );
}

/** The text of the row for a key in use. */
export function keyRowOf(keys: KeyRing, { current, first, lasting }: KeyState): string {
  const { digests, erasedNames, busName } = lasting;
  const text = JSON.stringify({ digests: digests.toString('base64'), erasedNames: erasedNames.toString('base64') });
  return JSON.stringify({ current, first, busName, lasting: encryptWith(keys.secretOf(current), current, context, text) });
}

/**
 * Reads the row, or creates it at the first start. Then the key is that of the check that earlier
 * releases stored, or SECRET for a new database.
 */
export async function openKeys(keys: KeyRing, db: Db): Promise<void> {
  const row = (await readKeyRow(db)) ?? (await createKeyRow(keys, db));
  if (row === null) keys.refuse(otherSecretText);
  else useKeyRow(keys, row);
}

const otherSecretText =
  "SECRET is not the one that this database was first used with. Webhooks, identity providers and second factors can't be used. " +
  'Set SECRET, or SECRET_PREVIOUS during a rotation, to its former value. If it is lost: docs/operating/keys.md';

/** Null if neither secret fits the check. */
async function createKeyRow(keys: KeyRing, db: Db): Promise<string | null> {
  const secret = await findFirstSecret(keys, db);
  if (secret === null) return null;
  const id = keyIdOf(secret);
  const row = keyRowOf(keys, { current: id, first: id, lasting: lastingKeysOf(secret) });
  // A read-only database must not prevent the start. If two instances start at once, the first row
  // is stored.
  const insert = (name: string, value: string) =>
    sql`INSERT INTO server_values (name, value) VALUES (${name}, ${value}) ON CONFLICT DO NOTHING`.execute(db).catch(() => {});
  await insert(checkName, checkOf(secret));
  await insert(keyRowName, row);
  return (await readKeyRow(db)) ?? row;
}

/** The secret of the stored check. SECRET if there is no check. Null if neither secret fits. */
async function findFirstSecret(keys: KeyRing, db: Db): Promise<string | null> {
  const { rows } = await sql<{ value: string }>`SELECT value FROM server_values WHERE name = ${checkName}`.execute(db);
  const check = rows[0]?.value;
  if (check === undefined) return keys.secretOf(keys.configured);
  return keys.secrets.find((secret) => isSameDigest(checkOf(secret), check)) ?? null;
}

/** As {@link openKeys}, without a change to the database. */
export async function examineKeys(keys: KeyRing, db: Db): Promise<void> {
  const row = await readKeyRow(db);
  if (row !== null) useKeyRow(keys, row);
  else if ((await findFirstSecret(keys, db)) === null) keys.refuse(otherSecretText);
}

/** A value derived from the secret, which does not reveal it. */
function checkOf(secret: string): string {
  return createHmac('sha256', deriveKey(secret, 'secret check')).update('secret check').digest('hex');
}

/**
 * Puts the key from SECRET in use, for all instances.
 * @returns false if another switch came first
 */
export async function switchKey(keys: KeyRing, tx: Tx): Promise<boolean> {
  const { rows } = await sql<{ value: string }>`SELECT value FROM server_values WHERE name = ${keyRowName} FOR UPDATE`.execute(tx);
  if (!rows[0]) return false;
  useKeyRow(keys, rows[0].value);
  const id = keys.configured;
  const value = keyRowOf(keys, { current: id, first: keys.first, lasting: keys.lasting });
  await sql`UPDATE server_values SET value = ${value} WHERE name = ${keyRowName}`.execute(tx);
  await sql`UPDATE server_values SET value = ${checkOf(keys.secretOf(id))} WHERE name = ${checkName}`.execute(tx);
  return true;
}
