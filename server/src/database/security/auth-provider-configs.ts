import type { AuthProviderRecord, ProviderConfig } from '@rollcall/protocol';
import type { Db, Tx } from '../database.ts';
import { openOrgSecrets, type SecretOwner } from '../organizations/org-secrets.ts';
import { authProviderFromRow } from './security-records.ts';

/** An identity provider with everything that a login needs. Never sent or logged as a whole. */
export interface ConfiguredProvider {
  readonly orgId: string;
  readonly record: AuthProviderRecord;
  readonly config: ProviderConfig;
  /** The keys are the values of `providerSecrets`. */
  readonly secrets: ReadonlyMap<string, string>;
  /** PEM. Null for OIDC. */
  readonly spCertificate: string | null;
}

/** The names of a provider's secrets in `org_secrets`. */
export const providerSecrets = {
  clientSecret: 'client-secret',
  /** PKCS #8, PEM. Signs SAML requests and decrypts assertions. */
  spKey: 'sp-key',
} as const;

export function secretOwnerOf(orgId: string, providerId: string): SecretOwner {
  return { orgId, kind: 'auth-provider', id: providerId };
}

/**
 * The organization's provider, drafts included. Null if there is none.
 * @param key the server's SECRET
 */
export async function readConfiguredProvider(db: Db, key: string, orgId: string): Promise<ConfiguredProvider | null> {
  const row = await db
    .selectFrom('auth_providers')
    .innerJoin('auth_provider_configs', 'auth_provider_configs.provider_id', 'auth_providers.id')
    .select(['auth_providers.id', 'auth_providers.provider', 'auth_provider_configs.config', 'auth_provider_configs.sp_certificate'])
    .where('auth_providers.organization_id', '=', orgId)
    .executeTakeFirst();
  if (!row) return null;
  const secrets = await openOrgSecrets(db, key, secretOwnerOf(orgId, row.id));
  return { orgId, record: authProviderFromRow(row), config: row.config, secrets, spCertificate: row.sp_certificate };
}

/** The provider's configuration without its secrets. Null if there is none. */
export async function readProviderConfig(db: Db, providerId: string): Promise<ProviderConfig | null> {
  const row = await db.selectFrom('auth_provider_configs').select('config').where('provider_id', '=', providerId).executeTakeFirst();
  return row?.config ?? null;
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
