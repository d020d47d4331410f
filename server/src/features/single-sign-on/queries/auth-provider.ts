import type { AuthProviderRecord, OrganizationRecord, ProviderConfig } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Db } from '../../../database/database.ts';
import { readOrganization } from '../../../database/records/records-read.ts';
import type { CallingActor } from '../../../domain/actor.ts';
import { isAuthorized } from '../../../domain/authorize.ts';
import { authorizeReader } from '../../../read-path/queries/authorized-reader.ts';
import { readOrgRevision } from '../../../read-path/queries/organizations/org-revision.ts';
import { readShownConfig, type ShownConfig } from '../database/auth-provider-configs.ts';

/** An organization's identity provider as REST shows it (REST contract 13.4). */
export interface ShownAuthProvider {
  readonly organization: OrganizationRecord;
  readonly provider: AuthProviderRecord;
  /** Members with a user and without a linked identity. */
  readonly pendingLinks: number;
  /** Null for callers without `org:admin`. */
  readonly config: ShownConfig | null;
}

/**
 * The provider. Null if there is none, or if it is a draft and the caller does not manage it. The
 * revision is read before the provider, so that a write with it is refused if the provider is
 * newer.
 * @throws OrgError as `authorizeReader`
 */
export async function readAuthProvider(
  db: Db,
  orgId: string,
  actor: CallingActor,
): Promise<{ readonly shown: ShownAuthProvider | null; readonly orgRevision: string }> {
  const orgRevision = await readOrgRevision(db, orgId);
  const { state } = await authorizeReader(db, orgId, actor, ['org:read', 'org:write', 'org:admin']);
  const { authProvider: provider, organization } = state;
  const isAdmin = isAuthorized(state, actor, 'org:admin');
  if (!provider || (provider.status === 'draft' && !isAdmin)) return { shown: null, orgRevision };
  const [pendingLinks, config] = await Promise.all([
    countPendingLinks(db, orgId),
    isAdmin ? readShownConfig(db, orgId, provider.id) : null,
  ]);
  return { shown: { organization: organization!, provider, pendingLinks, config }, orgRevision };
}

/** The provider for an administrator who has just changed it. */
export async function showChangedAuthProvider(db: Db, orgId: string, provider: AuthProviderRecord): Promise<ShownAuthProvider> {
  const [organization, pendingLinks, config] = await Promise.all([
    readOrganization(db, orgId),
    countPendingLinks(db, orgId),
    readShownConfig(db, orgId, provider.id),
  ]);
  return { organization: organization!, provider, pendingLinks, config };
}

async function countPendingLinks(db: Db, orgId: string): Promise<number> {
  const { count } = await db
    .selectFrom('members')
    .select((eb) => eb.fn.countAll<string>().as('count'))
    .where('organization_id', '=', orgId)
    .where('user_id', 'is not', null)
    .where(sql<boolean>`NOT (flags @> '{"sso:linked": true}')`)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/**
 * The provider that a write changes, with its configuration. It is read before the organization is
 * locked, because checking a configuration may call another server.
 * @throws OrgError as `authorizeReader`
 */
export async function readProviderToChange(
  db: Db,
  orgId: string,
  actor: CallingActor,
): Promise<{
  readonly provider: AuthProviderRecord;
  readonly config: ProviderConfig | null;
  readonly spCertificates: readonly string[];
} | null> {
  const { state } = await authorizeReader(db, orgId, actor, ['org:admin']);
  const { authProvider: provider } = state;
  if (!provider) return null;
  return { provider, ...((await readShownConfig(db, orgId, provider.id)) ?? { config: null, spCertificates: [] }) };
}
