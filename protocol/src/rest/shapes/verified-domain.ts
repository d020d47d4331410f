import * as z from 'zod';
import { verifiedDomainRecordSchema } from '../../security-records.ts';
import { dateTime, id, named } from './shape.ts';

/** REST contract 13.6. */
export const verifiedDomainShape = named(
  'VerifiedDomain',
  z.object({
    ...verifiedDomainRecordSchema.shape,
    id,
    domain: z.string().describe('In ASCII and lower case.'),
    dateVerified: dateTime.nullable(),
    dateCreated: dateTime,
    challenge: z
      .object({ name: z.string(), type: z.literal('TXT'), value: z.string() })
      .describe('The DNS record that proves control of the domain.'),
    dateChecked: dateTime.nullable().describe('The last time that DNS stated whether the record exists.'),
    missingSince: dateTime.nullable().describe('Set while the record of a verified domain is missing. After 7 days the domain lapses.'),
  }),
);

export const checkedDomainShape = named(
  'CheckedDomain',
  verifiedDomainShape.extend({
    lookup: z
      .enum(['found', 'missing', 'unavailable'])
      .describe('Whether DNS has the record now. `unavailable`: DNS did not respond, and nothing changes.'),
  }),
);
