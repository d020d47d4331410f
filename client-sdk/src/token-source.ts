import { OrgError } from '@rollcall/protocol';

/**
 * A fixed token, or a function that is called for each connection, each request, and before a token
 * expires.
 */
export type TokenSource = string | (() => string | Promise<string>);

/** The time limit of a token function, in milliseconds. It may have to log in first. */
const tokenMsMax = 10_000;

/**
 * Calls a token function. A call that never returns would otherwise stop the client without an
 * error.
 * @throws OrgError `unreachable` if the function throws, returns no token, or takes longer than
 *   `tokenMsMax`
 */
export async function fetchToken(source: () => string | Promise<string>): Promise<string> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it returned no token within ${tokenMsMax} ms`)), tokenMsMax);
  });
  try {
    const token = await Promise.race([late, source()]);
    // Without a token, the server would use the cookie of the page's session.
    if (!token) throw new Error('it returned no token');
    return token;
  } catch (error) {
    throw new OrgError('unreachable', `the token function failed: ${String(error)}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
