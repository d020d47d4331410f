import { type GuardOptions, type GuardScope, refusalOf } from './guard.ts';

export type { GuardedOrganization, GuardOptions, RefusalWhy } from './guard.ts';

/** The part of a response of Express that the guard uses. */
export interface ExpressResponse {
  status(code: number): this;
  set(headers: Record<string, string>): this;
  json(body: unknown): unknown;
}

/**
 * A middleware for Express that refuses requests of users without `scope` (any one of several). The
 * status and `why` of a refusal are those of the table in the README.
 */
export function requireScope<Request>(
  scope: GuardScope,
  options: GuardOptions<Request>,
): (request: Request, response: ExpressResponse, next: (error?: unknown) => void) => void {
  return (request, response, next) => {
    refusalOf(request, scope, options)
      .then((refusal) => {
        if (refusal)
          response
            .status(refusal.status)
            .set({ ...refusal.headers })
            .json(refusal.body);
        else next();
      })
      // Passes on errors, also if another middleware, such as one for timeouts, has sent a response
      // in the meantime.
      .catch(next);
  };
}
