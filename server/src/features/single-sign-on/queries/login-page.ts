import type { Db } from '../../../database/database.ts';
import { readOrganization } from '../../../database/records/records-read.ts';
import type { KeyRing } from '../../../runtime/secrets/key-ring.ts';
import { type ConfiguredProvider, readConfiguredProvider } from '../database/auth-provider-configs.ts';

export interface LoginPage {
  readonly orgId: string;
  readonly provider: ConfiguredProvider;
  readonly requiresSso: boolean;
}

/**
 * The facts that the login page of an organization shows. Null without an active provider.
 * @param key the server's SECRET
 */
export async function readLoginPage(db: Db, key: KeyRing, slug: string): Promise<LoginPage | null> {
  const row = await db
    .selectFrom('organizations')
    .select(['id', 'flags'])
    .where('slug', '=', slug)
    .where('status', '=', 'active')
    .executeTakeFirst();
  const provider = row ? await readConfiguredProvider(db, key, row.id) : null;
  if (!row || provider?.record.status !== 'active') return null;
  return { orgId: row.id, provider, requiresSso: row.flags.requiresSso === true };
}

/** The slug of an organization with an active provider. Null without one. */
export async function readLoginSlug(db: Db, orgId: string): Promise<string | null> {
  const organization = await readOrganization(db, orgId);
  return organization?.hasAuthProvider ? organization.slug : null;
}
