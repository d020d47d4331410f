import type { Request, Response } from 'express';
import type { OperatorCaller } from '../../domain/operator.ts';
import { assertWithin, countOutsider, countRefusedCredential } from '../limits/limit-requests.ts';
import type { Services } from '../services.ts';

/**
 * The operator whose token a request has. Null for other callers, who are counted. An operator has
 * no rate limit, except for the first request with a token to an instance: it may be a guess.
 * @throws OrgError `rate-limited`, and as `OperatorTokens.authenticate`
 */
export async function findOperator(
  request: Request,
  response: Response,
  { operator: { tokens }, rateLimits }: Services,
  countOther: typeof countOutsider = countOutsider,
): Promise<OperatorCaller | null> {
  const operator = await tokens.authenticate(request.headers.authorization, async () =>
    rateLimits.assertWithin(await countRefusedCredential(rateLimits, request, 1)),
  );
  if (operator === null) assertWithin(rateLimits, response, await countOther(rateLimits, request));
  return operator;
}
