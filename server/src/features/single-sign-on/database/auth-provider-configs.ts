import type { AuthProviderRecord, ProviderConfig } from '@rollcall/protocol';
import type { Db, Tx } from '../../../database/database.ts';
import { openOrgSecrets, removeOrgSecrets, type SecretOwner, saveOrgSecret } from '../../../database/organizations/org-secrets.ts';
import { authProviderFromRow } from '../../../database/security/security-records.ts';
import type { KeyRing } from '../../../runtime/secrets/key-ring.ts';

/** An identity provider with everything that a login needs. Never sent or logged as a whole. */
export interface ConfiguredProvider {
  readonly orgId: string;
  readonly record: AuthProviderRecord;
  readonly config: ProviderConfig;
  /** The keys are the values of `providerSecrets`. */
  readonly secrets: ReadonlyMap<string, string>;
  /** PEM. Null for OIDC. */
  readonly spCertificate: string | null;
  /** The successor of `spCertificate`, PEM. Null without one. */
  readonly nextSpCertificate: string | null;
}

/** The names of a provider's secrets in `org_secrets`. */
export const providerSecrets = {
  clientSecret: 'client-secret',
  /** PKCS #8, PEM. Signs SAML requests and decrypts assertions. */
  spKey: 'sp-key',
  /** The successor of `spKey`, which only decrypts so far. */
  nextSpKey: 'next-sp-key',
} as const;

export function secretOwnerOf(orgId: string, providerId: string): SecretOwner {
  return { orgId, kind: 'auth-provider', id: providerId };
}

/**
 * The organization's provider, drafts included. Null if there is none.
 * @param key the server's SECRET
 */
export async function readConfiguredProvider(db: Db, key: KeyRing, orgId: string): Promise<ConfiguredProvider | null> {
  const row = await db
    .selectFrom('auth_providers')
    .innerJoin('auth_provider_configs', (join) =>
      join
        .onRef('auth_provider_configs.organization_id', '=', 'auth_providers.organization_id')
        .onRef('auth_provider_configs.provider_id', '=', 'auth_providers.id'),
    )
    .select(['auth_providers.id', 'auth_providers.provider', 'config', 'sp_certificate', 'next_sp_certificate'])
    .where('auth_providers.organization_id', '=', orgId)
    .executeTakeFirst();
  if (!row) return null;
  const secrets = await openOrgSecrets(db, key, secretOwnerOf(orgId, row.id));
  const { config, sp_certificate: spCertificate, next_sp_certificate: nextSpCertificate } = row;
  return { orgId, record: authProviderFromRow(row), config, secrets, spCertificate, nextSpCertificate };
}

/** Keeps the configuration of a provider until the end of the transaction. False if it is gone. */
export async function lockProviderConfig(tx: Tx, orgId: string, providerId: string): Promise<boolean> {
  const row = await tx
    .selectFrom('auth_provider_configs')
    .select('provider_id')
    .where('organization_id', '=', orgId)
    .where('provider_id', '=', providerId)
    .forShare()
    .executeTakeFirst();
  return row !== undefined;
}

/** A provider's configuration without its secrets. */
export interface ShownConfig {
  readonly config: ProviderConfig;
  /** PEM. This server's certificates, the one that signs first. Empty for OIDC. */
  readonly spCertificates: readonly string[];
}

/** Null if there is none. */
export async function readShownConfig(db: Db, orgId: string, providerId: string): Promise<ShownConfig | null> {
  const row = await db
    .selectFrom('auth_provider_configs')
    .select(['config', 'sp_certificate', 'next_sp_certificate'])
    .where('organization_id', '=', orgId)
    .where('provider_id', '=', providerId)
    .executeTakeFirst();
  return row ? { config: row.config, spCertificates: [row.sp_certificate, row.next_sp_certificate].filter((pem) => pem !== null) } : null;
}

/** Stores the configuration of a provider in place of the previous one. */
export async function saveProviderConfig(
  tx: Tx,
  { orgId, providerId, config, spCertificate }: { orgId: string; providerId: string; config: ProviderConfig; spCertificate: string | null },
): Promise<void> {
  const values = { config: JSON.stringify(config), sp_certificate: spCertificate };
  await tx
    .insertInto('auth_provider_configs')
    .values({ provider_id: providerId, organization_id: orgId, ...values })
    .onConflict((conflict) => conflict.column('provider_id').doUpdateSet(values))
    .execute();
}

export async function saveNextSpCertificate(
  tx: Tx,
  key: KeyRing,
  { orgId, providerId, next }: { orgId: string; providerId: string; next: { readonly key: string; readonly certificate: string } },
): Promise<void> {
  await saveOrgSecret(tx, key, secretOwnerOf(orgId, providerId), providerSecrets.nextSpKey, next.key);
  await tx
    .updateTable('auth_provider_configs')
    .set({ next_sp_certificate: next.certificate })
    .where('organization_id', '=', orgId)
    .where('provider_id', '=', providerId)
    .execute();
}

/** Replaces the certificate of this server and its key by their successors. */
export async function activateNextSpCertificate(tx: Tx, key: KeyRing, { orgId, record, secrets }: ConfiguredProvider): Promise<void> {
  const owner = secretOwnerOf(orgId, record.id);
  await saveOrgSecret(tx, key, owner, providerSecrets.spKey, secrets.get(providerSecrets.nextSpKey)!);
  await removeOrgSecrets(tx, owner, providerSecrets.nextSpKey);
  await tx
    .updateTable('auth_provider_configs')
    .set((eb) => ({ sp_certificate: eb.ref('next_sp_certificate'), next_sp_certificate: null }))
    .where('organization_id', '=', orgId)
    .where('provider_id', '=', record.id)
    .execute();
}
