import { type FixedLimits, kibibyte, ratesMax, type SettableLimits } from '../limit.ts';

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

/**
 * Costs of requests that use more of the server than others, or that may be guesses at a
 * credential. A plain request costs 1. The rates in the reasons are those of the default limits:
 * 2,000 per address and 1,000 per credential.
 */
export const costs = {
  refusedCredential: {
    value: 20,
    unit: 'requests',
    scope: 'server',
    text: 'cost of a request with a refused credential, including the operator’s; of a request to `/metrics` or the operator API without a token, and of each scrape with `METRICS_OPEN`; of a refused session cookie of a page; of a call of GitHub, GitLab or Slack without their signature or token',
    reason: '100 guesses a second per address. Legitimate programs seldom fail that often.',
  },
  repeatedGuess: {
    value: 50,
    unit: 'requests',
    scope: 'server',
    text: 'cost of a request to the API with a refused credential, if its address already sent one in the last ten seconds; they are authenticated a few at a time (`LIMIT_SUSPECTED_REQUESTS`)',
    reason: '40 guesses a second per address.',
  },
  anonymousPage: {
    value: 4,
    unit: 'requests',
    scope: 'server',
    text: 'cost of a request without a credential, and of each page, file and description of the API, even with a cookie or token',
    reason:
      '500 a second per address. A browser loads at most 27 files for its first page of the console, so 18 browsers a second can do so. Later pages load four.',
  },
  anonymousApiRequest: {
    value: 8,
    unit: 'requests',
    scope: 'server',
    text: 'cost of a request to `/api/` without a credential, or with one that was not looked up, for example on an unknown path',
    reason: '250 a second per address. Clients of the API send a credential.',
  },
  anonymousWrite: {
    value: 100,
    unit: 'requests',
    scope: 'server',
    text: 'added for a login, the start of one at an identity provider, a password reset, an accepted invitation and the like, and for a body that is refused with 413 or 415',
    reason:
      'About 20 a second per address. They take half a core, because a password hash takes 30 ms. An office of a thousand people can log in within a minute.',
  },
  providerResponse: {
    value: 25,
    unit: 'requests',
    scope: 'server',
    text: 'added for the response of an identity provider',
    reason: 'Its login was counted at its start.',
  },
  refusedRequest: {
    value: 3,
    unit: 'requests',
    scope: 'server',
    text: 'cost of a refused request with a credential, for the credential',
    reason: '333 refusals a second per credential.',
  },
} as const satisfies FixedLimits;

export const costLimits = {
  bytesPerRequest: {
    value: 16 * kibibyte,
    unit: 'bytes',
    scope: 'server',
    text: 'part of an image that counts as one anonymous request of the address, for any caller',
    reason: 'Otherwise an address could make the server send without end.',
  },
  partOfLimit: {
    value: 40,
    unit: 'requests per second',
    scope: 'server',
    text: 'requests that a low `RATE_LIMIT_PER_ADDRESS` allows per second, regardless of their cost',
    reason: 'An operator who sets a low limit still lets such requests through.',
  },
  partOfLimitForWrites: {
    value: 20,
    unit: 'requests per second',
    scope: 'server',
    text: 'the same, for what is added to a login and the like; with the request itself, 13 of them',
    reason: 'They are the most expensive requests, so fewer of them suffice.',
  },
} as const satisfies FixedLimits;
