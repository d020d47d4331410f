import { type GuardOptions, type GuardScope, refusalOf } from './guard.ts';

export type { GuardedOrganization, GuardOptions, RefusalWhy } from './guard.ts';

/**
 * A guard for servers that handle a `Request` and return a `Response`. It resolves to the response
 * that refuses a user without `scope` (any one of several), or to null if the request is allowed.
 * The status and `why` of a refusal are those of the table in the README.
 */
export function requireScope<R = Request>(scope: GuardScope, options: GuardOptions<R>): (request: R) => Promise<Response | null> {
  return async (request) => {
    const refusal = await refusalOf(request, scope, options);
    return refusal && Response.json(refusal.body, { status: refusal.status, headers: refusal.headers });
  };
}
