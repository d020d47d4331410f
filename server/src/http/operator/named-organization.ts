import type { Db } from '../../database/database.ts';
import type { NamedOrganization } from '../../identity/identity.ts';
import { findOrganization } from '../../read-path/queries/organizations/find-organization.ts';
import { findOrganizationByExternalId } from '../../read-path/queries/organizations/operator-organizations.ts';
import { externalIdIn } from './external-id-fields.ts';

/** The organization that `:org` names, by slug, id or external id. Null if there is none. */
export function findNamedOrganization(db: Db, segment: string): Promise<NamedOrganization | null> {
  const externalId = externalIdIn(segment);
  return externalId === null ? findOrganization(db, segment) : findOrganizationByExternalId(db, externalId);
}
