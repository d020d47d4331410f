/** Whether a retry can succeed. */
export type Retry = 'never' | 'later' | 'after-refresh';

/** All failures of a call, with the HTTP status and whether a retry can succeed. */
export const errorCodes = {
  invalid: { status: 400, retry: 'never' },
  /** The cursor is malformed or belongs to another organization. */
  'cursor-invalid': { status: 400, retry: 'never' },
  unauthenticated: { status: 401, retry: 'never' },
  'two-factor-required': { status: 401, retry: 'never' },
  /** The organization requires a login by single sign-on. */
  'sso-required': { status: 401, retry: 'never' },
  /** The call requires a recent login: the password again. */
  'sudo-required': { status: 401, retry: 'never' },
  forbidden: { status: 403, retry: 'never' },
  /** The organization's list of addresses does not contain the caller's. */
  'address-not-allowed': { status: 403, retry: 'never' },
  /** A session that began with single sign-on may not change the account. */
  'full-login-required': { status: 403, retry: 'never' },
  'not-found': { status: 404, retry: 'never' },
  'method-not-allowed': { status: 405, retry: 'never' },
  /** The operator holds the organization's data for legal reasons, so that it is not removed. */
  'legal-hold': { status: 409, retry: 'never' },
  'already-exists': { status: 409, retry: 'after-refresh' },
  /** An organization would have no owner left. */
  'last-owner': { status: 409, retry: 'never' },
  /** The caller sees other records than with the cursor. A snapshot replaces it. */
  'cursor-of-another-view': { status: 409, retry: 'after-refresh' },
  /** The log no longer continues the cursor. A snapshot replaces it. */
  'cursor-expired': { status: 410, retry: 'after-refresh' },
  'revision-conflict': { status: 412, retry: 'after-refresh' },
  'too-large': { status: 413, retry: 'never' },
  'unsupported-media-type': { status: 415, retry: 'never' },
  /** The Idempotency-Key was already used for another request. */
  'key-reused': { status: 422, retry: 'never' },
  'rate-limited': { status: 429, retry: 'later' },
  internal: { status: 500, retry: 'later' },
  /** The database is unreachable, or the server is stopping. */
  unavailable: { status: 503, retry: 'later' },
  /** The server is unreachable. Only the SDK throws it. */
  unreachable: { status: 0, retry: 'later' },
  /** The caller aborted: an AbortSignal, or a closed client. Only the SDK throws it. */
  aborted: { status: 0, retry: 'never' },
  /** Access to the organization ended, or there was none. Only the SDK throws it. */
  denied: { status: 0, retry: 'never' },
  /**
   * A limit of the client's connection, for example on its subscriptions. Only the SDK throws it.
   */
  'limit-reached': { status: 0, retry: 'later' },
} as const satisfies Record<string, { status: number; retry: Retry }>;

export type ErrorCode = keyof typeof errorCodes;

export interface OrgErrorOptions extends ErrorOptions {
  /**
   * The response body if the contract defines another shape than `{"detail": message}` (REST
   * contract 1.1).
   */
  readonly body?: unknown;
  /** When a retry can succeed, if known. */
  readonly retryAfterSeconds?: number | null;
}

/** The error class of the server and the SDK. `message` is for people, `code` is for programs. */
export class OrgError extends Error {
  override readonly name = 'OrgError';
  readonly code: ErrorCode;
  readonly body: unknown;
  readonly retryAfterSeconds: number | null;

  constructor(code: ErrorCode, message: string, options: OrgErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.body = 'body' in options ? options.body : { detail: message };
    this.retryAfterSeconds = options.retryAfterSeconds ?? null;
  }

  get status(): number {
    return errorCodes[this.code].status;
  }

  get retry(): Retry {
    return errorCodes[this.code].retry;
  }
}
