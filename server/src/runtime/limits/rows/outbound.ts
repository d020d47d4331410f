import { type FixedLimits, kibibyte } from '../limit.ts';

/** Limits on calls of other servers. */
export const outboundLimits = {
  connections: {
    value: 4,
    unit: 'connections',
    scope: 'organization',
    text: 'connections to one host and port for one organization and one purpose (login, set-up, test, delivery, directory, new passwords), per instance; further calls wait',
    reason: 'A login may need several calls, and none of them may occupy a receiver.',
  },
  connectMs: {
    value: 5_000,
    unit: 'milliseconds',
    scope: 'server',
    text: 'time to connect to another server',
    reason: 'A server on another continent connects within a second.',
  },
  wholeMs: {
    value: 15_000,
    unit: 'milliseconds',
    scope: 'server',
    text: 'time from a call to the last byte of the response',
    reason: 'A login may need several calls.',
  },
  bodyBytes: {
    value: 64 * kibibyte,
    unit: 'bytes',
    scope: 'server',
    text: 'the body of the response, unless the call reads a list or metadata',
    reason: 'The response to a webhook is read only so that its connection can be used again.',
  },
  breachRangeMs: {
    value: 2_000,
    unit: 'milliseconds',
    scope: 'server',
    text: 'time to compare a new password with those of known breaches (`BREACHED_PASSWORDS_URL`); beyond it, the password is accepted',
    reason: 'A user waits for it. The service responds within 100 ms.',
  },
  breachRangeBytes: {
    value: 256 * kibibyte,
    unit: 'bytes',
    scope: 'server',
    text: 'the response to it',
    reason: 'Five times the size of the largest range, with its padding.',
  },
  interimResponses: {
    value: 100,
    unit: 'responses',
    scope: 'server',
    text: 'interim responses (1xx) before the response',
    reason: 'Servers send one or two, or one per second while they work. Each costs as much to parse as a response.',
  },
  deliveries: {
    value: 32,
    unit: 'deliveries at a time',
    scope: 'server',
    text: 'deliveries to webhooks and integrations, per instance; organizations with slow receivers get at most half of them',
    reason: 'A delivery mostly waits, and holds a connection and some 20 KB.',
  },
  deliveriesPerOrganization: {
    value: 4,
    unit: 'deliveries at a time',
    scope: 'organization',
    text: 'those of one organization',
    reason: 'An organization chooses its receivers, and a delivery waits for one for up to 15 s.',
  },
  deliveriesPerHost: {
    value: 2,
    unit: 'deliveries at a time',
    scope: 'server',
    text: 'those to one host, which is a name and a port',
    reason: 'Several organizations have receivers at the same host.',
  },
} as const satisfies FixedLimits;
