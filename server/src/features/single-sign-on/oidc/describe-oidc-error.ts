import { AuthorizationResponseError, ResponseBodyError } from 'openid-client';
import { failureTexts, OutboundError } from '../../../outbound/outbound-error.ts';

/** For the log and the result of a test. It contains no code and no token. */
export function describeOidcError(error: unknown): string {
  if (error instanceof AuthorizationResponseError || error instanceof ResponseBodyError) {
    const { error: code, error_description: text } = error;
    const remedy = code === 'invalid_client' ? ' Check the client ID and the client secret.' : '';
    return `The provider responded with the error ${cut(code)}${text === undefined ? '' : `: ${cut(text).replace(/\.$/, '')}`}.${remedy}`;
  }
  if (!(error instanceof Error)) return 'The response could not be verified.';
  // The library's own message for a failed call is only "something went wrong".
  if (error.cause instanceof OutboundError) return failureTexts[error.cause.outcome];
  // The library does not name the status.
  if (error.cause instanceof Response && !error.cause.ok) return `The provider responded with status ${error.cause.status}.`;
  const cause = error.cause instanceof Error ? ` (${cut(error.cause.message)})` : '';
  return `${cut(error.message)}${cause}`;
}

/** The provider chose the text, and PostgreSQL cannot store all characters. */
function cut(text: string): string {
  return [...text.replace(/[\p{Surrogate}\p{Cc}]/gu, '')].slice(0, 300).join('');
}
