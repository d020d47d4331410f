import assert from 'node:assert/strict';
import type { AnswerJudge } from './answer-judge.ts';

/**
 * Every API response that a test fetches is checked against the OpenAPI description. A missing or
 * unknown field, or another status, fails the test at once. Requests that a test writes by hand are
 * not checked.
 */

let judge: Promise<AnswerJudge> | undefined;
/** Collected too, for tests that handle a failed call as expected. */
const misfits: string[] = [];

export function judgeAnswers(): void {
  const fetchAny = globalThis.fetch;
  globalThis.fetch = async (input, init) => {
    const response = await fetchAny(input, init);
    const { pathname } = new URL(response.url || (input instanceof Request ? input.url : String(input)));
    // Helmet sets this header on every response of our server. Other servers that tests start don't
    // have it.
    if (!pathname.startsWith('/api/') || !response.headers.has('x-permitted-cross-domain-policies')) return response;
    const method = (init?.method ?? (input instanceof Request ? input.method : 'GET')).toUpperCase();
    judge ??= makeJudge();
    const text = await response.clone().text();
    const misfit = (await judge).findMisfit({ method, path: pathname, status: response.status, headers: response.headers, text });
    if (misfit !== null) {
      misfits.push(misfit);
      throw new assert.AssertionError({ message: misfit });
    }
    return response;
  };
}

/** The deviations since the last call. */
export function takeMisfits(): string[] {
  return misfits.splice(0);
}

/** Loaded with the first response, so that tests without a server don't wait for it. */
async function makeJudge(): Promise<AnswerJudge> {
  const { describeOwnApi } = await import('../../server/src/http/openapi/router.ts');
  const { AnswerJudge } = await import('./answer-judge.ts');
  return new AnswerJudge(describeOwnApi('test', { isClosed: true }));
}
