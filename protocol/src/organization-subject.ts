/**
 * The `id` of the record with the organization's own external id. In a file of its own, because a
 * page that bundles the client would otherwise contain the schemas of all records.
 */
export const organizationSubject = 'organization';
