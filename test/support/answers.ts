import assert from 'node:assert/strict';
import type { AnswerJudge } from './answer-judge.ts';

/**
 * Every answer of our API that a test fetches is held against the API's description, closed: a field that is missing or not
 * described, or another status, fails the test at once. Requests that a test writes by hand are not looked at.
 */

let judge: Promise<AnswerJudge> | undefined;
/** Kept too, for tests that take what goes wrong in a call for something that may. */
const misfits: string[] = [];

export function judgeAnswers(): void {
  const fetchAny = globalThis.fetch;
  globalThis.fetch = async (input, init) => {
    const response = await fetchAny(input, init);
    const { pathname } = new URL(response.url || (input instanceof Request ? input.url : String(input)));
    // Helmet's, on whatever our server answers, and on nothing of the other servers that tests start.
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

/** What did not fit since this was asked last. */
export function takeMisfits(): string[] {
  return misfits.splice(0);
}

/** Loaded with the first answer, so that tests without a server do not wait for it. */
async function makeJudge(): Promise<AnswerJudge> {
  const { describeOwnApi } = await import('../../server/src/http/openapi/router.ts');
  const { AnswerJudge } = await import('./answer-judge.ts');
  return new AnswerJudge(describeOwnApi('test', { isClosed: true }));
}
