import * as z from 'zod';
import { instanceReportSchema } from '../../instances.ts';
import { memberWithTeamsShape } from './members.ts';
import { organizationShape } from './organizations.ts';
import { named } from './shape.ts';
import { userShape } from './users.ts';

export const serverHealthShape = named(
  'ServerHealth',
  z.object({
    status: z.literal('ok'),
    database: z.string(),
    bus: z.string(),
    revisionLagMs: z.int().min(0).describe('Delay, in milliseconds, of this instance’s subscribed organizations behind the change log.'),
    sockets: z.int().min(0),
    version: z.string(),
  }),
);

export const instancesShape = named('Instances', z.object(instanceReportSchema.shape));

const skipReasons = ['bad-json', 'bad-operation', 'bad-slug', 'slug-taken', 'unknown-team', 'not-a-member', 'not-on-team'] as const;

export const importShape = named(
  'Import',
  z.object({
    applied: z.int().min(0).describe('Number of lines that were applied, including lines that changed nothing.'),
    skipped: z.array(z.object({ line: z.int().min(1).describe('Line number, starting at 1.'), reason: z.enum(skipReasons) })),
    revision: z.int().min(0),
  }),
);

const externalId = z.string().nullable().describe('The id in the operator’s own system.');

export const operatorUserShape = named('OperatorUser', userShape.extend({ externalId }));
export const operatorOrganizationShape = named('OperatorOrganization', organizationShape.extend({ externalId }));
export const operatorMemberShape = named('OperatorMember', memberWithTeamsShape.extend({ user: operatorUserShape.nullable() }));

const record = z.looseObject({ id: z.string() });

/** An organization's state, as the socket also sends it: see `docs/protocol.md`. */
export const stateShape = named(
  'OrganizationState',
  z.object({
    revision: z.int().min(0),
    cursor: z.string(),
    count: z.int().min(0).describe('Number of records.'),
    sum: z.int().min(0).describe('Checksum of the records.'),
    records: z.array(z.object({ kind: z.string(), id: z.string(), record })),
  }),
);

export const mintedAuthenticatorShape = named(
  'NewAuthenticator',
  z.union([
    z.object({ secret: z.string().describe('Secret of the authenticator app, in base32.') }),
    z.object({ codes: z.array(z.string()).describe('Recovery codes. Each works once.') }),
  ]),
);
