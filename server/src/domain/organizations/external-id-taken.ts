import { OrgError } from '@rollcall/protocol';

/** The error for a violated unique constraint, by the constraint's name. */
export const organizationExternalIdConflicts = {
  organizations_external_id_key: () => new OrgError('already-exists', 'An organization with this externalId already exists.'),
};
