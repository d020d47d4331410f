import { GitbeakerTimeoutError } from '@gitbeaker/requester-utils';
import { DirectoryError } from '../../directories/directory.ts';

/** The wait after a 429 that names none. GitLab's limits are per minute. */
const fallbackSeconds = 60;

/** A response of GitLab that is not successful. It contains neither the request nor the body. */
export class GitLabError extends Error {
  override readonly name = 'GitLabError';
  /** Null without a response. */
  readonly status: number | null;
  readonly retryAfter: string | null;
  /** OAuth's code, such as `invalid_grant`. */
  readonly oauthCode: string | null;

  constructor(status: number | null, retryAfter: string | null = null, oauthCode: string | null = null) {
    super(status === null ? 'GitLab is unreachable.' : `GitLab responded with status ${status}.`);
    this.status = status;
    this.retryAfter = retryAfter;
    this.oauthCode = oauthCode;
  }
}

/** A 401 remains only if the renewed token is refused as well. */
export function directoryErrorOf(error: unknown): DirectoryError {
  if (error instanceof DirectoryError) return error;
  if (error instanceof GitbeakerTimeoutError || !(error instanceof GitLabError)) {
    return new DirectoryError('unavailable', 'GitLab’s response has an unknown form.');
  }
  const { status, retryAfter, oauthCode, message } = error;
  if (status === 429) return new DirectoryError('throttled', 'GitLab received too many requests.', secondsOf(retryAfter));
  // `invalid_client` means that the operator's settings are wrong. The connection may still work.
  if (oauthCode === 'invalid_grant' || (status === 401 && oauthCode !== 'invalid_client'))
    return new DirectoryError('disconnected', 'GitLab no longer accepts the connection.');
  return new DirectoryError('unavailable', message);
}

function secondsOf(retryAfter: string | null): number {
  const seconds = Number(retryAfter ?? '');
  return Number.isFinite(seconds) && seconds > 0 ? Math.ceil(seconds) : fallbackSeconds;
}
