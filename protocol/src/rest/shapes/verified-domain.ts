import * as z from 'zod';
import { verifiedDomainFields } from './security-fields.ts';
import { dateTime, named } from './shape.ts';

/** REST contract 13.6. */
export const verifiedDomainShape = named(
  'VerifiedDomain',
  'A domain of an organization.',
  z.object({
    ...verifiedDomainFields,
    challenge: z
      .object({
        name: z.string().describe('Name of the record.'),
        type: z.literal('TXT').describe('Type of the record.'),
        value: z.string().describe('Content of the record.'),
      })
      .describe('The DNS record that proves control of the domain.'),
    dateChecked: dateTime.nullable().describe('The last time that DNS stated whether the record exists.'),
    missingSince: dateTime.nullable().describe('Set while the record of a verified domain is missing. After 7 days the domain lapses.'),
  }),
);

export const checkedDomainShape = named(
  'CheckedDomain',
  'A domain with the outcome of a lookup.',
  verifiedDomainShape.extend({
    lookup: z
      .enum(['found', 'missing', 'unavailable'])
      .describe('Whether DNS has the record now. `unavailable`: DNS did not respond, and nothing changes.'),
  }),
);
