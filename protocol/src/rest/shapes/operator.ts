import * as z from 'zod';
import { instanceIdentitySchema, instanceSampleSchema } from '../../instances.ts';
import { memberWithTeamsShape } from './members.ts';
import { organizationShape } from './organizations.ts';
import { describeFields, named } from './shape.ts';
import { userShape } from './users.ts';

export const serverHealthShape = named(
  'ServerHealth',
  'The health of the instance that responds.',
  z.object({
    status: z.literal('ok').describe('Always `ok`. An instance with a problem returns an error.'),
    database: z.string().describe('Kind of the database.'),
    distrust: z
      .enum(['incomplete', 'restored', 'other-installation'])
      .nullable()
      .describe(
        'Why the instance does not use the database, although it responds. Null while it does. See Backups in the guide to operating.',
      ),
    missingOrganizations: z
      .array(z.string())
      .describe('Ids of subscribed organizations that are missing from the database without having been removed, 100 at most.'),
    bus: z.string().describe('Kind of the bus between instances.'),
    writes: z
      .string()
      .describe(
        '`ok`, or why writes get status 503, for example because the database is read-only or full. This cause is shared by all instances, so it does not make an instance unready.',
      ),
    revisionLagMs: z.int().min(0).describe('Delay, in milliseconds, of this instance’s subscribed organizations behind the change log.'),
    sockets: z.int().min(0).describe('Number of open sockets.'),
    version: z.string().describe('Version of the server.'),
  }),
);

export const secretRotationShape = named(
  'SecretRotation',
  'The rotation of SECRET.',
  z.object({
    state: z.enum(['none', 'running', 'finished']).describe('State of the latest rotation. `none` if there was none in the last week.'),
    stage: z
      .enum(['switch', 'wait', 'seal'])
      .nullable()
      .describe(
        'Stage of a running rotation: it puts the new key in use, waits until all instances use it, or encrypts the stored secrets again. Null if none is running.',
      ),
    currentKey: z.string().describe('Id of the key in use.'),
    newKey: z.string().describe('Id of the key from SECRET of the instance that responds.'),
    resealed: z.int().min(0).describe('Number of stored secrets that were encrypted again.'),
    unreadable: z.int().min(0).describe('Number of stored secrets that no key opens. They were of no use before.'),
    left: z.int().min(0).describe('Number of stored secrets that are not encrypted by the key in use.'),
    waitingFor: z.array(z.string()).describe('Names of the instances that do not use the key from SECRET.'),
    lastError: z.string().nullable().describe('Why the last step failed. It is tried again. Null if it did not fail.'),
    finishedAt: z.string().nullable().describe('When the rotation finished, in ISO 8601. Null before.'),
    previousNeededUntil: z
      .string()
      .nullable()
      .describe('From when SECRET_PREVIOUS can be removed, in ISO 8601. Null before the end of the rotation.'),
  }),
);

const timing = z.object({
  p50: z.number().min(0).describe('Median, in milliseconds.'),
  p99: z.number().min(0).describe('99th percentile, in milliseconds.'),
});

const sample = z.object(
  describeFields(
    {
      ...instanceSampleSchema.shape,
      deliveryMs: timing.nullable(),
      endToCloseMs: timing.nullable(),
      loopDelayMs: timing,
      pool: z.object(
        describeFields(instanceSampleSchema.shape.pool.shape, {
          total: 'Number of open connections.',
          idle: 'Number of connections that are not in use.',
          waiting: 'Number of callers that wait for a connection.',
        }),
      ),
    },
    {
      at: 'End of the interval in milliseconds since 1970, by the clock of the instance.',
      intervalMs: 'Length of the interval in milliseconds.',
      sockets: 'Number of open sockets.',
      subscriptions: 'Number of subscriptions.',
      deliveriesPerSecond: 'Frames written to sockets per second.',
      deliveryMs:
        'Milliseconds from the arrival of a revision until the frame of its last subscriber was written. Null if nothing was timed.',
      endToCloseMs: 'Milliseconds from the notice that access ended until the socket was closed. Null if nothing was timed.',
      loopDelayMs: 'Delay of the event loop in milliseconds.',
      resyncs: 'Number of snapshots that were sent again, by reason.',
      gaps: 'Number of organizations in which the sweep found a revision without a notice.',
      staleReplicas: 'Number of replicas that are older than their lease, as reported by their clients.',
      bus: 'The bus between instances. `redis-down` if Redis is not reachable.',
      pool: 'Connections to the database.',
    },
  ),
);

const instance = z.object({
  ...describeFields(instanceIdentitySchema.shape, {
    id: 'Id of the process, which a restart changes.',
    name: 'The value of `INSTANCE_ID`.',
    version: 'Version of the server.',
    startedAt: 'When the process started, in ISO 8601.',
  }),
  samples: z.array(sample).describe('The samples of the instance, oldest first.'),
});

export const instancesShape = named(
  'Instances',
  'Measurements of all instances.',
  z.object({
    answeredBy: z.string().describe('Id of the instance that created the report.'),
    instances: z.array(instance).describe('The instances, including the one that responds.'),
  }),
);

const skipReasons = ['bad-json', 'bad-operation', 'bad-slug', 'slug-taken', 'unknown-team', 'not-a-member', 'not-on-team'] as const;

export const importShape = named(
  'Import',
  'The outcome of an import of changes.',
  z.object({
    applied: z.int().min(0).describe('Number of lines that were applied, including lines that changed nothing.'),
    skipped: z
      .array(
        z.object({
          line: z.int().min(1).describe('Line number, starting at 1.'),
          reason: z.enum(skipReasons).describe('Why the line was not applied.'),
        }),
      )
      .describe('The lines that were not applied.'),
    revision: z.int().min(0).describe('The organization’s revision after the import.'),
  }),
);

const externalId = z.string().nullable().describe('The id in the operator’s own system.');

export const operatorUserShape = named('OperatorUser', 'A user, with the operator’s own id.', userShape.extend({ externalId }));
export const operatorOrganizationShape = named(
  'OperatorOrganization',
  'An organization, with the operator’s own id.',
  organizationShape.extend({ externalId }),
);
export const operatorMemberShape = named(
  'OperatorMember',
  'A member with their teams, for the operator.',
  memberWithTeamsShape.extend({ user: operatorUserShape.nullable().describe('The user. Null for a pending invite.') }),
);

const record = z.looseObject({ id: z.string().describe('Id of the record.') });

/** An organization's state, as the socket also sends it: see `docs/protocol.md`. */
export const stateShape = named(
  'OrganizationState',
  'The records of an organization, as an audience sees them.',
  z.object({
    revision: z.int().min(0).describe('The organization’s revision that the state shows.'),
    cursor: z.string().describe('The position of the state, with which a subscription can resume. Opaque.'),
    count: z.int().min(0).describe('Number of records.'),
    sum: z.int().min(0).describe('Checksum of the records.'),
    records: z
      .array(
        z.object({
          kind: z.string().describe('Kind of the record, such as `member`.'),
          id: z.string().describe('Id of the record.'),
          record: record.describe('The record itself, whose fields depend on its kind.'),
        }),
      )
      .describe('The records that the audience sees.'),
  }),
);

export const mintedAuthenticatorShape = named(
  'NewAuthenticator',
  'A second factor that the operator created.',
  z.union([
    z.object({ secret: z.string().describe('Secret of the authenticator app, in base32.') }),
    z.object({ codes: z.array(z.string()).describe('Recovery codes. Each works once.') }),
  ]),
);

export const endedCredentialsShape = named(
  'EndedCredentials',
  'Sessions and tokens of a user that the operator ended.',
  z.object({
    sessions: z.int().min(0).describe('Number of sessions that ended.'),
    tokens: z.int().min(0).describe('Number of user tokens that were revoked.'),
  }),
);

export const openSessionsShape = named(
  'OpenSessions',
  'The sessions of all users.',
  z.object({
    sessions: z.int().min(0).describe('Number of sessions.'),
    users: z.int().min(0).describe('Number of users who have a session.'),
    lastId: z.string().nullable().describe('Id of the newest session. Null if there is none.'),
  }),
);

export const endedSessionsShape = named(
  'EndedSessions',
  'A part of the sessions of all users, which ended.',
  z.object({
    ended: z.int().min(0).describe('Number of sessions that this request ended.'),
    isComplete: z.boolean().describe('False if the request must be repeated, because more sessions are left.'),
  }),
);
