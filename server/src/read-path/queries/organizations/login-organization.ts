import { sql } from 'kysely';
import type { Db } from '../../../database/database.ts';
import { readDefaultOrganizationId } from '../../../database/organizations/default-organization.ts';
import { domainOfAddress } from '../../../runtime/text/domain-name.ts';

/**
 * The slug of the organization at whose identity provider a person with this address logs in: the
 * owner of the domain, if its provider is active. Null for any other address. The result depends on
 * the domain only, so it does not disclose whether an account exists.
 */
export async function findLoginOrganization(db: Db, email: string): Promise<string | null> {
  const domain = domainOfAddress(email);
  if (domain === null) return null;
  const row = await selectOwners(db).where('verified_domains.domain', '=', domain).executeTakeFirst();
  return row?.slug ?? null;
}

export interface FirstLoginPage {
  /** The organization of a single-organization server, if its provider is active. */
  readonly slug: string | null;
  /** Whether any address may lead to an identity provider. */
  readonly asksEmailFirst: boolean;
}

/**
 * The facts on which the first step of the login page depends.
 * @param defaultOrganization the configured one, by id or slug
 */
export async function readFirstLoginPage(
  db: Db,
  { singleOrganization, defaultOrganization }: { readonly singleOrganization: boolean; readonly defaultOrganization: string | null },
): Promise<FirstLoginPage> {
  const defaultId = singleOrganization ? await readDefaultOrganizationId(db, defaultOrganization) : null;
  const [only, owner] = await Promise.all([
    defaultId === null ? undefined : selectWithProvider(db).where('organizations.id', '=', defaultId).executeTakeFirst(),
    selectOwners(db).limit(1).executeTakeFirst(),
  ]);
  return { slug: only?.slug ?? null, asksEmailFirst: owner !== undefined };
}

/** Organizations with an active provider. */
function selectWithProvider(db: Db) {
  return db
    .selectFrom('organizations')
    .innerJoin('auth_providers', 'auth_providers.organization_id', 'organizations.id')
    .select('organizations.slug')
    .where('organizations.status', '=', 'active')
    .where(sql<string>`auth_providers.provider ->> 'status'`, '=', 'active');
}

function selectOwners(db: Db) {
  return selectWithProvider(db)
    .innerJoin('verified_domains', 'verified_domains.organization_id', 'organizations.id')
    .where('verified_domains.role', '=', 'owned')
    .where('verified_domains.status', '=', 'verified');
}
