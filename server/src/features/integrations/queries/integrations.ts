import { type IntegrationRecord, isId, type Scope } from '@rollcall/protocol';
import type { Db } from '../../../database/database.ts';
import { readIntegration } from '../../../database/outlets/mappings.ts';
import { readIntegrations } from '../../../database/outlets/outlet-records.ts';
import type { Actor } from '../../../domain/actor.ts';
import { isAuthorized, notFound } from '../../../domain/authorize.ts';
import { type AuthorizedReader, authorizeReader } from '../../../read-path/queries/authorized-reader.ts';
import { managesIntegrations } from '../domain/integrations.ts';

/** The callers who may list integrations (REST contract 13.12). */
export const readsIntegrations: readonly Scope[] = ['org:read', 'org:write', 'org:admin', 'org:integrations', 'org:ci'];

export interface ShownIntegrations {
  readonly integrations: readonly IntegrationRecord[];
  /** Whether the caller sees the settings. */
  readonly showsConfig: boolean;
}

/** @throws OrgError as `authorizeReader` */
export async function listIntegrations(db: Db, orgId: string, actor: Actor): Promise<ShownIntegrations> {
  const reader = await authorizeReader(db, orgId, actor, readsIntegrations);
  const integrations = await readIntegrations(db, orgId);
  const byName = (a: IntegrationRecord, b: IntegrationRecord) =>
    a.name < b.name ? -1 : a.name > b.name ? 1 : Number(BigInt(a.id) - BigInt(b.id));
  return { integrations: integrations.toSorted(byName), showsConfig: seesConfig(reader) };
}

/** @throws OrgError as `authorizeReader`; `not-found` */
export async function findIntegration(db: Db, orgId: string, actor: Actor, segment: string, scopes: readonly Scope[] = readsIntegrations) {
  const reader = await authorizeReader(db, orgId, actor, scopes);
  const integration = isId(segment) ? await readIntegration(db, orgId, segment) : null;
  if (!integration) throw notFound();
  return { integration, showsConfig: seesConfig(reader) };
}

function seesConfig({ state, actor }: AuthorizedReader): boolean {
  return isAuthorized(state, actor, managesIntegrations);
}

/** The user of a member. Null for an invite. */
export async function userIdOfMember(db: Db, orgId: string, memberId: string): Promise<string | null> {
  const row = await db
    .selectFrom('members')
    .select('user_id')
    .where('organization_id', '=', orgId)
    .where('id', '=', memberId)
    .executeTakeFirst();
  return row?.user_id ?? null;
}
