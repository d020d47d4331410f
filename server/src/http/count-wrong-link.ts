import { networkOf } from '../identity/attempt-limits.ts';
import { costs } from '../identity/rate-limits.ts';
import type { ApiRequest } from './route.ts';
import type { Services } from './services.ts';

/** A link's token that is wrong counts on its sender's address like a credential that is refused. Waits for nothing. */
export function countWrongLink({ ipAddress }: Pick<ApiRequest, 'ipAddress'>, { rateLimits }: Pick<Services, 'rateLimits'>): void {
  void rateLimits.count('requestsPerAddress', `anonymous:${networkOf(ipAddress ?? '')}`, costs.refusedCredential);
}
