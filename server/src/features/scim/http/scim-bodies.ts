import type { FieldDescription } from '../../../http/requests/fields.ts';
import { externalIdDescription } from './scim-patch.ts';

/** Descriptions of the bodies that functions parse instead of schemas, for the OpenAPI document. */

const schemas: FieldDescription = {
  type: 'array',
  items: { type: 'string' },
  description: 'URNs of the schemas that the object conforms to. They are ignored.',
};

export const patchDescription: FieldDescription = patchOf(100);
export const groupPatchDescription: FieldDescription = patchOf(10_000);

function patchOf(maxItems: number): FieldDescription {
  return {
    type: 'object',
    properties: {
      schemas,
      Operations: {
        type: 'array',
        maxItems,
        description: 'The changes, which are applied in this order.',
        items: {
          type: 'object',
          properties: {
            op: { type: 'string', description: '`add`, `remove` or `replace`, in any case.' },
            path: { type: 'string', maxLength: 1_000, description: 'For example `active` or `members[value eq "23"]`.' },
            value: { description: 'The value at the path. Without a path, an object of values by attribute.' },
          },
          required: ['op'],
        },
      },
    },
    required: ['Operations'],
  };
}

export const wholeUserDescription: FieldDescription = {
  type: 'object',
  properties: {
    schemas,
    active: { type: ['boolean', 'string'], description: 'False, or `"false"` in any case, removes the user.' },
    sentryOrgRole: { type: 'string', description: 'Role of the member.' },
    externalId: externalIdDescription,
  },
};
