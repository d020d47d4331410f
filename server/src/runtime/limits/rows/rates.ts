import { ratesMax, type SettableLimits } from '../limit.ts';

/** Limits on the rate of requests (REST contract 1.4). */
export const rateSettings = {
  requestsPerCredential: {
    setting: 'RATE_LIMIT_PER_CREDENTIAL',
    default: 1_000,
    max: ratesMax,
    unit: 'requests per second',
    scope: 'server',
    text: 'requests of one token or session',
    reason: 'More than the programs of one organization send, and a fraction of what an instance serves.',
  },
  requestsPerAddress: {
    setting: 'RATE_LIMIT_PER_ADDRESS',
    default: 2_000,
    max: ratesMax,
    unit: 'requests per second',
    scope: 'server',
    text: 'requests from one address, with or without a credential; an IPv6 /64 counts as one address',
    reason: 'Twice the limit of a credential, because several clients share an address.',
  },
  memberRequests: {
    setting: 'RATE_LIMIT_MEMBERS',
    default: 40,
    max: ratesMax,
    unit: 'requests per second',
    scope: 'server',
    text: '`GET` and `POST` of the members of organizations, counted separately, of one user in all organizations or of one organization’s tokens; `members-bulk` counts as a `POST`',
    reason: 'The contract sets this number (REST contract 1.4).',
  },
  concurrentRequests: {
    setting: 'RATE_LIMIT_CONCURRENT',
    default: 500,
    max: ratesMax,
    unit: 'requests at a time',
    scope: 'server',
    text: 'requests in progress of one credential, or from one address without a credential, per instance',
    reason: 'A request in progress holds memory, and far fewer are served at a time.',
  },
} as const satisfies SettableLimits;
