/** Whether trying again can help. */
export type Retry = 'never' | 'later' | 'after-refresh';

/** Every way a call can fail: its HTTP status, and whether trying again can help. */
export const errorCodes = {
  invalid: { status: 400, retry: 'never' },
  unauthenticated: { status: 401, retry: 'never' },
  'two-factor-required': { status: 401, retry: 'never' },
  /** What is asked for needs a recent login: the password again. */
  'sudo-required': { status: 401, retry: 'never' },
  forbidden: { status: 403, retry: 'never' },
  'not-found': { status: 404, retry: 'never' },
  'method-not-allowed': { status: 405, retry: 'never' },
  'already-exists': { status: 409, retry: 'after-refresh' },
  'revision-conflict': { status: 412, retry: 'after-refresh' },
  'too-large': { status: 413, retry: 'never' },
  'unsupported-media-type': { status: 415, retry: 'never' },
  /** An Idempotency-Key that was used for another request. */
  'key-reused': { status: 422, retry: 'never' },
  'rate-limited': { status: 429, retry: 'later' },
  internal: { status: 500, retry: 'later' },
  /** The database cannot be reached, or the server is stopping. */
  unavailable: { status: 503, retry: 'later' },
  /** The server could not be reached at all. Only the SDK throws it. */
  unreachable: { status: 0, retry: 'later' },
  /** The caller gave up: an AbortSignal, or a closed client. Only the SDK throws it. */
  aborted: { status: 0, retry: 'never' },
  /** Access to the organization ended, or there was none. Only the SDK throws it. */
  denied: { status: 0, retry: 'never' },
} as const satisfies Record<string, { status: number; retry: Retry }>;

export type ErrorCode = keyof typeof errorCodes;

export interface OrgErrorOptions extends ErrorOptions {
  /** The answer's body, where the contract has another shape than `{"detail": message}` (REST contract 1.1). */
  readonly body?: unknown;
  /** When trying again can help, where that is known. */
  readonly retryAfterSeconds?: number;
}

/** The one error both ends throw. `message` is for people; `code` is for programs. */
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
