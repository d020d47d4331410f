/**
 * Limits that an operator can change. This table is the only place for a limit's default.
 * `config.ts` reads the setting from the environment. A test compares the table with
 * docs/operating/limits.md and .env.example.
 */
export interface Limit {
  /** The environment variable. */
  readonly setting: string;
  readonly default: number;
  readonly max: number;
  /** The unit of the limit, for people: `requests a second`, `bytes`. */
  readonly unit: string;
}

/**
 * The maximum of a rate limit. It is higher than one process can serve, so this value switches a
 * rate limit off.
 */
const ratesMax = 1_000_000;

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;
const gibibyte = 1024 * mebibyte;

export const limitTable = {
  /** Requests of one token or session. */
  requestsPerCredential: { setting: 'RATE_LIMIT_PER_CREDENTIAL', default: 1_000, max: ratesMax, unit: 'requests per second' },
  /** Requests of one address (an IPv4 address or an IPv6 /64), with or without a credential. */
  requestsPerAddress: { setting: 'RATE_LIMIT_PER_ADDRESS', default: 2_000, max: ratesMax, unit: 'requests per second' },
  /**
   * GET and POST of an organization's members, each. The contract sets this number (REST contract
   * 1.4).
   */
  memberRequests: { setting: 'RATE_LIMIT_MEMBERS', default: 40, max: ratesMax, unit: 'requests per second' },
  /** Requests in progress per credential, or per address where there is none. */
  concurrentRequests: { setting: 'RATE_LIMIT_CONCURRENT', default: 500, max: ratesMax, unit: 'requests at a time' },
  /**
   * Requests that read, of one user or of an organization's tokens. The caller's other reads wait.
   * While the event loop handles one of them, the database can execute others.
   */
  readsPerCaller: { setting: 'LIMIT_READS_PER_CALLER', default: 3, max: 1_000, unit: 'requests at a time' },
  /** Each waiting request holds about 10 KB. */
  readsWaitingPerCaller: { setting: 'LIMIT_READS_WAITING_PER_CALLER', default: 500, max: 100_000, unit: 'requests' },
  /**
   * Commands of one user, or of an organization's tokens. The caller's other commands wait. Less
   * than half of the connections for commands, so that two callers leave some to the others.
   */
  writesPerCaller: { setting: 'LIMIT_WRITES_PER_CALLER', default: 4, max: 1_000, unit: 'commands at a time' },
  /** Each waiting request holds about 10 KB. */
  writesWaitingPerCaller: { setting: 'LIMIT_WRITES_WAITING_PER_CALLER', default: 500, max: 100_000, unit: 'commands' },
  /**
   * Socket connections that have not authenticated yet. Authentication takes some 1 ms of CPU.
   * Until then, a connection takes some 10 KB.
   */
  pendingSockets: { setting: 'LIMIT_PENDING_SOCKETS', default: 4_000, max: ratesMax, unit: 'connections at a time' },
  /**
   * The same limit for one address. It is half of the total, so that one address never keeps the
   * others out.
   */
  pendingSocketsPerAddress: {
    setting: 'LIMIT_PENDING_SOCKETS_PER_ADDRESS',
    default: 2_000,
    max: ratesMax,
    unit: 'connections at a time',
  },
  /**
   * The time from a socket's connection until its client authenticates, which takes one round trip.
   */
  socketConnectMs: { setting: 'LIMIT_SOCKET_CONNECT_MS', default: 5_000, max: 60_000, unit: 'milliseconds' },
  /**
   * Sockets of one user, one organization's tokens or one service token. The default is far more
   * than a person's browsers and programs open.
   */
  socketsPerCaller: { setting: 'LIMIT_SOCKETS_PER_CALLER', default: 10_000, max: ratesMax, unit: 'sockets at a time' },
  /** Messages of one socket, on average. An active client sends one every few seconds. */
  socketMessages: { setting: 'LIMIT_SOCKET_MESSAGES', default: 50, max: ratesMax, unit: 'messages per second' },
  /** Subscriptions that one socket begins, on average. Each may need a whole snapshot. */
  socketSubscribes: { setting: 'LIMIT_SOCKET_SUBSCRIBES', default: 5, max: ratesMax, unit: 'subscriptions per second' },
  /**
   * The size of a JSON body without a credential. A login or an accepted invitation has a few
   * hundred bytes.
   */
  anonymousBodyBytes: { setting: 'LIMIT_ANONYMOUS_BODY_BYTES', default: 16 * kibibyte, max: mebibyte, unit: 'bytes' },
  /**
   * Request bodies in progress and unread responses, without a credential. The default covers a
   * dozen organizations' images on a slow connection.
   */
  bufferedBytesPerAddress: { setting: 'LIMIT_BUFFERED_BYTES_PER_ADDRESS', default: 16 * mebibyte, max: gibibyte, unit: 'bytes' },
  /**
   * The same limit for one user, or for an organization's tokens. The default covers four bodies of
   * the largest size at a time.
   */
  bufferedBytesPerCaller: { setting: 'LIMIT_BUFFERED_BYTES_PER_CALLER', default: 32 * mebibyte, max: gibibyte, unit: 'bytes' },
  /** The same limit for all requests without a credential. */
  bufferedBytesAnonymous: { setting: 'LIMIT_BUFFERED_BYTES_ANONYMOUS', default: 64 * mebibyte, max: 64 * gibibyte, unit: 'bytes' },
  /** The same limit for all requests with a credential. */
  bufferedBytesAuthenticated: { setting: 'LIMIT_BUFFERED_BYTES_AUTHENTICATED', default: 128 * mebibyte, max: 64 * gibibyte, unit: 'bytes' },
  /** The time for which a client may read nothing of a response. */
  responseStallSeconds: { setting: 'LIMIT_RESPONSE_STALL_SECONDS', default: 10, max: 3_600, unit: 'seconds' },
  /** Connections of one address without a request in progress. A browser has six. */
  idleConnectionsPerAddress: { setting: 'LIMIT_IDLE_CONNECTIONS_PER_ADDRESS', default: 1_000, max: ratesMax, unit: 'connections' },
  /** The same limit for all addresses. Each connection takes some 10 KB and a file descriptor. */
  idleConnections: { setting: 'LIMIT_IDLE_CONNECTIONS', default: 5_000, max: ratesMax, unit: 'connections' },
  /**
   * Writes without a credential in progress. Fewer than the connections for commands, so that
   * callers with a credential always find some.
   */
  anonymousWrites: { setting: 'LIMIT_ANONYMOUS_WRITES', default: 4, max: 1_000, unit: 'requests at a time' },
  /**
   * Requests of addresses with refused credentials that are authenticated at the same time. The
   * default lets three wait for the database while one computes.
   */
  suspectedRequests: { setting: 'LIMIT_SUSPECTED_REQUESTS', default: 4, max: 1_000, unit: 'requests at a time' },
  /** Each waiting request holds about 10 KB. */
  suspectedRequestsWaiting: { setting: 'LIMIT_SUSPECTED_REQUESTS_WAITING', default: 1_000, max: 100_000, unit: 'requests' },
  /** The default covers an office whose sessions end at the same time. */
  suspectedRequestsWaitingPerAddress: {
    setting: 'LIMIT_SUSPECTED_REQUESTS_WAITING_PER_ADDRESS',
    default: 250,
    max: 100_000,
    unit: 'requests',
  },
  /**
   * Waiting writes without a credential. The default is some ten seconds of logins for one core.
   */
  anonymousWritesWaiting: { setting: 'LIMIT_ANONYMOUS_WRITES_WAITING', default: 400, max: 100_000, unit: 'requests' },
  /** The default covers an office whose people log in at the same time. */
  anonymousWritesWaitingPerAddress: {
    setting: 'LIMIT_ANONYMOUS_WRITES_WAITING_PER_ADDRESS',
    default: 100,
    max: 100_000,
    unit: 'requests',
  },
  /** Each password hash takes a core for tens of milliseconds, and 19 MiB by default. */
  passwordHashes: { setting: 'LIMIT_PASSWORD_HASHES', default: 3, max: 64, unit: 'hashes at a time' },
  /**
   * The default is some ten seconds of work for one core. A caller that waits longer has given up.
   */
  passwordsWaiting: { setting: 'LIMIT_PASSWORDS_WAITING', default: 400, max: 100_000, unit: 'hashes' },
  /** The default covers an office whose people log in at the same time. */
  passwordsWaitingPerAddress: { setting: 'LIMIT_PASSWORDS_WAITING_PER_ADDRESS', default: 100, max: 100_000, unit: 'hashes' },
  /** The default covers a person, who logs in once or twice at a time. */
  passwordsWaitingPerAccount: { setting: 'LIMIT_PASSWORDS_WAITING_PER_ACCOUNT', default: 20, max: 100_000, unit: 'hashes' },
  /**
   * Writes that wait until all instances have applied them. Each holds its request and its
   * connection for up to ten seconds.
   */
  receiptsWaiting: { setting: 'LIMIT_RECEIPTS_WAITING', default: 2_000, max: 100_000, unit: 'requests' },
  /** The same limit for one user, or for an organization's tokens. */
  receiptsWaitingPerCaller: { setting: 'LIMIT_RECEIPTS_WAITING_PER_CALLER', default: 200, max: 100_000, unit: 'requests' },
  /**
   * The time for which an organization without subscriptions stays in memory. The default covers a
   * reload of a dashboard, and the reconnect of a client.
   */
  idleFeedSeconds: { setting: 'LIMIT_IDLE_FEED_SECONDS', default: 30, max: 3_600, unit: 'seconds' },
  /**
   * The estimated memory of all organizations without subscriptions. The least recently used are
   * removed first. The default covers 3,000 organizations of ten members.
   */
  idleFeedBytes: { setting: 'LIMIT_IDLE_FEED_BYTES', default: 64 * mebibyte, max: 64 * gibibyte, unit: 'bytes' },
  /**
   * Changes, audit entries and responses for a retry that the writes of one user, or of an
   * organization's tokens, store. A plain write stores some 3 KB, so the default covers 170,000 of
   * them at once, such as an identity provider that creates a large organization. It lets a caller
   * store 13 GB per day.
   */
  storedBytesPerCaller: {
    setting: 'LIMIT_STORED_BYTES_PER_CALLER',
    default: 512 * mebibyte,
    max: 1_024 * gibibyte,
    unit: 'bytes per hour',
  },
  /** The default covers one person's browsers of several years. */
  sessionsPerUser: { setting: 'LIMIT_SESSIONS_PER_USER', default: 50, max: 10_000, unit: 'sessions' },
  tokensPerUser: { setting: 'LIMIT_TOKENS_PER_USER', default: 100, max: 100_000, unit: 'tokens' },
  tokensPerOrganization: { setting: 'LIMIT_TOKENS_PER_ORGANIZATION', default: 100, max: 100_000, unit: 'tokens' },
  /**
   * Service tokens, each of which has access to all organizations. The default covers the services
   * of a large product.
   */
  serviceTokens: { setting: 'LIMIT_SERVICE_TOKENS', default: 100, max: 100_000, unit: 'tokens' },
  /** The default is the number of invites that the contract allows (REST contract 6.3). */
  noticesPerActor: { setting: 'LIMIT_NOTICES_PER_ACTOR', default: 100, max: ratesMax, unit: 'actions of one kind per day' },
  /**
   * The default is higher than one actor's, so that one member cannot use up the organization's
   * limit.
   */
  noticesPerOrganization: { setting: 'LIMIT_NOTICES_PER_ORGANIZATION', default: 500, max: ratesMax, unit: 'actions of one kind per day' },
  inviteRequestsPerMember: { setting: 'LIMIT_INVITE_REQUESTS_PER_MEMBER', default: 100, max: 100_000, unit: 'requests' },
  accessRequestsPerMember: { setting: 'LIMIT_ACCESS_REQUESTS_PER_MEMBER', default: 100, max: 100_000, unit: 'requests' },
  joinRequestsPerOrganization: { setting: 'LIMIT_JOIN_REQUESTS_PER_ORGANIZATION', default: 1_000, max: 100_000, unit: 'requests' },
} as const satisfies Readonly<Record<string, Limit>>;

export type LimitName = keyof typeof limitTable;

/** The limits in force, by name. */
export type Limits = Readonly<Record<LimitName, number>>;
