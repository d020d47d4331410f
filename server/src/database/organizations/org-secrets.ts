import { sql } from 'kysely';
import type { KeyRing } from '../../runtime/secrets/key-ring.ts';
import { randomHex } from '../../runtime/secrets/random.ts';
import { decryptSecret, encryptSecret } from '../../runtime/secrets/secrets-at-rest.ts';
import type { Db, Tx } from '../database.ts';

/**
 * Secrets of organizations: client secrets, private keys, signing secrets and tokens of providers.
 * They are stored here only, encrypted, and never in a record, the log or the audit log.
 */

/** The record that a secret belongs to. */
export interface SecretOwner {
  readonly orgId: string;
  readonly kind: 'auth-provider' | 'webhook' | 'integration';
  readonly id: string;
}

/**
 * Encrypts a secret and stores it in place of the previous one of that name.
 * @param key the server's SECRET
 * @param expiresAt ISO 8601. The secret can't be opened afterwards. Null if it doesn't expire.
 */
export async function saveOrgSecret(
  tx: Tx,
  key: KeyRing,
  owner: SecretOwner,
  name: string,
  text: string,
  expiresAt: string | null = null,
): Promise<void> {
  const values = { encrypted: encryptSecret(key, contextOfOrgSecret(owner, name), text), expires_at: expiresAt };
  await tx
    .insertInto('org_secrets')
    .values({ organization_id: owner.orgId, owner_kind: owner.kind, owner_id: owner.id, name, ...values })
    .onConflict((conflict) =>
      conflict
        .columns(['organization_id', 'owner_kind', 'owner_id', 'name'])
        .doUpdateSet({ ...values, date_created: sql<string>`excluded.date_created` }),
    )
    .execute();
}

/**
 * Returns the owner's secrets by name, without those that have expired.
 * @throws Error if one was encrypted with another SECRET, or for another owner or name
 */
export async function openOrgSecrets(db: Db, key: KeyRing, owner: SecretOwner): Promise<ReadonlyMap<string, string>> {
  return openAll(key, owner, await selectValid(db, owner).where('owner_id', '=', owner.id).execute());
}

/**
 * Reads the secrets of all owners of a kind. The returned function decrypts those of one owner, as
 * {@link openOrgSecrets} does.
 */
export async function readSecretsOfKind(
  db: Db,
  key: KeyRing,
  owners: Omit<SecretOwner, 'id'>,
): Promise<(id: string) => ReadonlyMap<string, string>> {
  const rows = await selectValid(db, owners).execute();
  return (id) => {
    const own = rows.filter((row) => row.owner_id === id);
    return openAll(key, { ...owners, id }, own);
  };
}

/** Locks the owner's secrets, so that no claim replaces one before the transaction ends. */
export async function lockOrgSecrets(tx: Tx, { orgId, kind, id }: SecretOwner): Promise<void> {
  await tx
    .selectFrom('org_secrets')
    .select('name')
    .where('organization_id', '=', orgId)
    .where('owner_kind', '=', kind)
    .where('owner_id', '=', id)
    .orderBy('name')
    .forUpdate()
    .execute();
}

function selectValid(db: Db, { orgId, kind }: Omit<SecretOwner, 'id'>) {
  return db
    .selectFrom('org_secrets')
    .select(['owner_id', 'name', 'encrypted'])
    .where('organization_id', '=', orgId)
    .where('owner_kind', '=', kind)
    .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', sql<string>`clock_timestamp()`)]));
}

/** Removes one secret of the owner, or all of them. */
export async function removeOrgSecrets(tx: Tx, owner: SecretOwner, name?: string): Promise<void> {
  await tx
    .deleteFrom('org_secrets')
    .where('organization_id', '=', owner.orgId)
    .where('owner_kind', '=', owner.kind)
    .where('owner_id', '=', owner.id)
    .$if(name !== undefined, (query) => query.where('name', '=', name!))
    .execute();
}

/**
 * The time after which a claim ends. A call to another server takes less, so only a claim whose
 * instance died reaches it.
 */
const claimSeconds = 30;

/**
 * Claims a secret for its replacement. Null if another claim is in progress, or if the secret was
 * removed.
 */
export async function claimOrgSecret(db: Db, key: KeyRing, owner: SecretOwner, name: string): Promise<ClaimedSecret | null> {
  const lease = randomHex(16);
  const row = await db
    .updateTable('org_secrets')
    .set({ lease, leased_until: sql<string>`clock_timestamp() + make_interval(secs => ${sql.lit(claimSeconds)})` })
    .where('organization_id', '=', owner.orgId)
    .where('owner_kind', '=', owner.kind)
    .where('owner_id', '=', owner.id)
    .where('name', '=', name)
    .where((where) => where.or([where('leased_until', 'is', null), where('leased_until', '<', sql<string>`clock_timestamp()`)]))
    .returning('encrypted')
    .executeTakeFirst();
  return row ? { text: open(key, owner, name, row.encrypted), encrypted: row.encrypted, lease } : null;
}

export interface ClaimedSecret {
  readonly text: string;
  /** The stored form, which no other replacement has. */
  readonly encrypted: string;
  readonly lease: string;
}

/**
 * Ends a claim.
 * @param text replaces the secret, unless the secret was replaced or removed since it was claimed.
 * Null keeps it.
 * @returns whether `text` was stored
 */
export async function storeClaimedSecret(
  db: Db,
  key: KeyRing,
  owner: SecretOwner,
  name: string,
  claimed: ClaimedSecret,
  text: string | null,
): Promise<boolean> {
  const row = db
    .updateTable('org_secrets')
    .where('organization_id', '=', owner.orgId)
    .where('owner_kind', '=', owner.kind)
    .where('owner_id', '=', owner.id)
    .where('name', '=', name);
  let updatedRows = 0n;
  if (text !== null) {
    const encrypted = encryptSecret(key, contextOfOrgSecret(owner, name), text);
    ({ numUpdatedRows: updatedRows } = await row.set({ encrypted }).where('encrypted', '=', claimed.encrypted).executeTakeFirst());
  }
  await row.set({ lease: null, leased_until: null }).where('lease', '=', claimed.lease).execute();
  return updatedRows > 0n;
}

type StoredSecret = { readonly name: string; readonly encrypted: string };

function openAll(key: KeyRing, owner: SecretOwner, rows: readonly StoredSecret[]): ReadonlyMap<string, string> {
  return new Map(rows.map(({ name, encrypted }) => [name, open(key, owner, name, encrypted)]));
}

function open(key: KeyRing, owner: SecretOwner, name: string, encrypted: string): string {
  try {
    return decryptSecret(key, contextOfOrgSecret(owner, name), encrypted);
  } catch (cause) {
    throw new Error(`The secret ${name} of ${owner.kind} ${owner.id} can't be decrypted: SECRET changed, or the row was moved.`, { cause });
  }
}

/** Ids and kinds contain no colon, so that two secrets never have the same context. */
export function contextOfOrgSecret({ orgId, kind, id }: SecretOwner, name: string): string {
  return `${orgId}:${kind}:${id}:${name}`;
}
