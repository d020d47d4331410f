import { RequestError } from '@octokit/request-error';
import { DirectoryError } from '../directory.ts';

/** GitHub asks for this wait if a response about a secondary limit names none. */
const fallbackSeconds = 60;

/** The client's error without its request, which contains a token. */
export function directoryErrorOf(error: unknown): DirectoryError {
  if (error instanceof DirectoryError) return error;
  // The client gives failed connections and timeouts the status 500, without a response.
  if (!(error instanceof RequestError) || !error.response) return new DirectoryError('unavailable', 'GitHub is unreachable.');
  if (isThrottled(error)) return new DirectoryError('throttled', 'GitHub received too many requests.', secondsOf(error));
  if (isDisconnected(error)) return new DirectoryError('disconnected', 'The App is not installed on the GitHub organization.');
  return new DirectoryError('unavailable', `GitHub responded with status ${error.status}.`);
}

function isThrottled({ status, message, response }: RequestError): boolean {
  if (status === 429) return true;
  return status === 403 && (/secondary rate limit/i.test(message) || response?.headers['x-ratelimit-remaining'] === '0');
}

function secondsOf({ response }: RequestError): number {
  const { 'retry-after': seconds, 'x-ratelimit-remaining': remaining, 'x-ratelimit-reset': reset } = response?.headers ?? {};
  if (seconds !== undefined) return Number(seconds);
  if (remaining !== '0' || reset === undefined) return fallbackSeconds;
  return Math.max(1, Math.ceil(Number(reset) - Date.now() / 1_000));
}

/**
 * A 401 to the App's own signature means that the operator's key is wrong. The organization's
 * connection may still work.
 */
function isDisconnected({ status, request: { url } }: RequestError): boolean {
  const isSignedByApp = url.includes('/app/installations/');
  return isSignedByApp ? status === 404 || status === 403 : status === 401;
}
