import type { ResponseOf, scimGroupShape, scimUserShape } from '@rollcall/protocol/rest/shapes';
import type { ApiRequest } from '../../../http/route.ts';
import type { Services } from '../../../http/services.ts';
import type { ScimUser } from '../domain/users.ts';
import type { ScimGroupWithMembers } from '../queries/list-scim-groups.ts';
import { scimUrl } from './scim-route.ts';

export const userSchema = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const groupSchema = 'urn:ietf:params:scim:schemas:core:2.0:Group';

/** The server has no given and family names. Sentry sends the same. */
const unknownName = { givenName: 'N/A', familyName: 'N/A' };

/** @param active null leaves the attribute out */
export function presentScimUser(
  { member, externalId, assertedEmail }: ScimUser,
  active: boolean | null,
  request: Pick<ApiRequest, 'org'>,
  services: Services,
): ResponseOf<typeof scimUserShape> {
  const { id, orgRole, dateCreated } = member;
  const email = assertedEmail ?? member.email;
  return {
    schemas: [userSchema],
    id,
    ...(externalId === null ? {} : { externalId }),
    userName: email ?? '',
    name: unknownName,
    emails: email === null ? [] : [{ primary: true, value: email, type: 'work' }],
    meta: { resourceType: 'User', location: scimUrl(request, services, `/Users/${id}`), created: dateCreated },
    sentryOrgRole: orgRole,
    ...(active === null ? {} : { active }),
  };
}

export function presentScimGroup(
  { team, externalId, members }: ScimGroupWithMembers,
  request: Pick<ApiRequest, 'org'>,
  services: Services,
): ResponseOf<typeof scimGroupShape> {
  const { id, name, dateCreated } = team;
  return {
    schemas: [groupSchema],
    id,
    ...(externalId === null ? {} : { externalId }),
    displayName: name,
    ...(members === null ? {} : { members: members.map((member) => ({ value: member.id, display: member.email ?? '' })) }),
    meta: { resourceType: 'Group', location: scimUrl(request, services, `/Groups/${id}`), created: dateCreated },
  };
}
