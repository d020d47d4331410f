import { RequestError } from '@octokit/request-error';
import { DirectoryError } from '../../directories/directory.ts';

/** GitHub's documentation requires this wait if a response about a secondary limit names none. */
const fallbackSeconds = 60;

/** GitHub responds with 403 also for reasons that pass, so a 403 does not end the connection. */
const refused =
  'GitHub refused the request. The App may lack a permission, or the GitHub organization may allow the addresses of other servers only.';

/** The client's error without its request, which contains a token. */
export function directoryErrorOf(error: unknown): DirectoryError {
  if (error instanceof DirectoryError) return error;
  // The client gives failed connections and timeouts the status 500, without a response.
  if (!(error instanceof RequestError) || !error.response) return new DirectoryError('unavailable', 'GitHub is unreachable.');
  if (isThrottled(error)) return new DirectoryError('throttled', 'GitHub received too many requests.', secondsOf(error));
  if (error.status === 403) return new DirectoryError('unavailable', refused);
  if (isDisconnected(error)) return new DirectoryError('disconnected', 'The GitHub App is not installed on the GitHub organization.');
  return new DirectoryError('unavailable', `GitHub responded with status ${error.status}.`);
}

function isThrottled({ status, message, response }: RequestError): boolean {
  if (status === 429) return true;
  const { 'retry-after': seconds, 'x-ratelimit-remaining': remaining } = response?.headers ?? {};
  return status === 403 && (/secondary rate limit/i.test(message) || seconds !== undefined || remaining === '0');
}

function secondsOf({ response }: RequestError): number {
  const { 'retry-after': seconds, 'x-ratelimit-remaining': remaining, 'x-ratelimit-reset': reset } = response?.headers ?? {};
  if (seconds !== undefined) return orFallback(Number(seconds));
  if (remaining !== '0' || reset === undefined) return fallbackSeconds;
  return orFallback(Math.max(1, Math.ceil(Number(reset) - Date.now() / 1_000)));
}

/**
 * A proxy in front of a GitHub Enterprise Server may send a date or text. Without a number, the
 * next reading could not be scheduled, and would be repeated every 30 seconds.
 */
function orFallback(seconds: number): number {
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : fallbackSeconds;
}

/**
 * Whether GitHub no longer has the installation, or revoked its token. A 401 to the App's own
 * signature means that the operator's key is wrong. The organization's connection may still work.
 */
function isDisconnected({ status, request: { url } }: RequestError): boolean {
  const isSignedByApp = url.includes('/app/installations/');
  return status === (isSignedByApp ? 404 : 401);
}
