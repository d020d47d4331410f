import assert from 'node:assert/strict';
import { recordExample } from './example-recorder.ts';
import { isEventStream } from './is-event-stream.ts';
import type { ResponseChecker } from './response-checker.ts';

/**
 * Every API response that a test fetches is checked against the OpenAPI description. A missing or
 * unknown field, or another status, fails the test at once. Requests that a test writes by hand are
 * not checked.
 */

let checker: Promise<ResponseChecker> | undefined;
/** Collected too, for tests that handle a failed call as expected. */
const deviations: string[] = [];
/** The origins of servers whose responses differ from the description. */
const unchecked = new Set<string>();

export function checkResponses(): void {
  const fetchAny = globalThis.fetch;
  globalThis.fetch = async (input, init) => {
    const response = await fetchAny(input, init);
    const { origin, pathname } = new URL(response.url || (input instanceof Request ? input.url : String(input)));
    // Every response of our server has this header. Those of other servers, such as nginx, don't.
    if (unchecked.has(origin) || !pathname.startsWith('/api/') || !response.headers.has('origin-agent-cluster')) return response;
    const exposed = exposureOf(response, pathname);
    if (exposed !== null) throw new assert.AssertionError({ message: exposed });
    const method = (init?.method ?? (input instanceof Request ? input.method : 'GET')).toUpperCase();
    checker ??= makeChecker();
    // A stream of events has no end, so its body can't be read here.
    if (isEventStream(response.headers.get('content-type'))) return response;
    const text = await response.clone().text();
    if (process.env.RECORD_EXAMPLES) {
      const key = (await checker).exampleKeyOf({ method, path: pathname, status: response.status });
      if (key !== null) recordExample(key, { status: response.status, headers: response.headers, text }, init?.body ?? undefined);
    }
    const deviation = (await checker).findDeviation({ method, path: pathname, status: response.status, headers: response.headers, text });
    if (deviation !== null) {
      deviations.push(deviation);
      throw new assert.AssertionError({ message: deviation });
    }
    return response;
  };
}

/** The API's own description, which caches may store. */
const described = /^\/api\/(0\/openapi\.json|docs\/?)$/;

/** Whether a browser or a cache could do more with a response than show it to its caller. */
function exposureOf({ headers }: Response, pathname: string): string | null {
  if (headers.get('x-content-type-options') !== 'nosniff') return `${pathname} has no X-Content-Type-Options: nosniff`;
  if (!headers.get('content-security-policy')?.includes("frame-ancestors 'none'")) return `${pathname} can be framed`;
  if (headers.get('cache-control') !== 'no-store' && !described.test(pathname)) return `caches may store ${pathname}`;
  return null;
}

/** For a server of an earlier version, or one that is killed: it refuses requests as it starts. */
export function doNotCheckResponsesOf(url: string): void {
  unchecked.add(new URL(url).origin);
}

/** The deviations since the last call. */
export function takeDeviations(): string[] {
  return deviations.splice(0);
}

/** Loaded with the first response, so that tests without a server don't wait for it. */
async function makeChecker(): Promise<ResponseChecker> {
  const { describeOwnApi } = await import('../../server/src/http/openapi/router.ts');
  const { ResponseChecker } = await import('./response-checker.ts');
  return new ResponseChecker(await describeOwnApi('test', { isClosed: true }));
}
