import { groupSchema, userSchema } from './present-scim.ts';

/** The attributes of users and groups (RFC 7643, section 7). */

interface Attribute {
  readonly name: string;
  readonly type: 'string' | 'boolean' | 'complex';
  readonly multiValued: boolean;
  readonly description: string;
  readonly required: boolean;
  readonly caseExact: boolean;
  readonly mutability: 'readOnly' | 'readWrite' | 'immutable';
  readonly returned: 'default';
  readonly uniqueness: 'none' | 'server';
  readonly subAttributes?: readonly Attribute[];
}

function attribute(name: string, description: string, differences: Partial<Attribute> = {}): Attribute {
  return {
    name,
    type: 'string',
    multiValued: false,
    description,
    required: false,
    caseExact: false,
    mutability: 'readWrite',
    returned: 'default',
    uniqueness: 'none',
    ...differences,
  };
}

const readOnly = { mutability: 'readOnly' } as const;
const complex = { type: 'complex' } as const;
const externalId = attribute('externalId', 'The id at the identity provider.', { caseExact: true, uniqueness: 'server' });
const schemas = ['urn:ietf:params:scim:schemas:core:2.0:Schema'];

export const scimSchemas = [
  {
    schemas,
    id: userSchema,
    name: 'User',
    description: 'A member of the organization, or an invite',
    attributes: [
      attribute('userName', 'The email address.', { required: true, mutability: 'immutable', uniqueness: 'server' }),
      externalId,
      attribute('name', 'Always N/A.', {
        ...complex,
        ...readOnly,
        subAttributes: [attribute('givenName', 'Always N/A.', readOnly), attribute('familyName', 'Always N/A.', readOnly)],
      }),
      attribute('emails', 'The email address.', {
        ...complex,
        ...readOnly,
        multiValued: true,
        subAttributes: [
          attribute('value', 'The email address.', readOnly),
          attribute('type', 'Always work.', readOnly),
          attribute('primary', 'Always true.', { ...readOnly, type: 'boolean' }),
        ],
      }),
      attribute('active', 'False removes the member.', { type: 'boolean' }),
      attribute('sentryOrgRole', 'The role in the organization. Owners cannot be assigned.'),
    ],
  },
  {
    schemas,
    id: groupSchema,
    name: 'Group',
    description: 'A team of the organization',
    attributes: [
      attribute('displayName', 'The name of the team, from which its slug is derived.', { required: true, uniqueness: 'server' }),
      externalId,
      attribute('members', 'The members of the team.', {
        ...complex,
        multiValued: true,
        subAttributes: [
          attribute('value', 'Id of the member.', { mutability: 'immutable' }),
          attribute('display', 'The email address.', readOnly),
        ],
      }),
    ],
  },
] as const;
