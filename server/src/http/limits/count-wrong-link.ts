import { networkOf } from '../../identity/limits/attempt-limits.ts';
import { costs } from '../../runtime/limits/rows/rates.ts';
import type { ApiRequest } from '../route.ts';
import type { Services } from '../services.ts';

/**
 * Counts a link's wrong token against the sender's address, like a refused credential. Does not
 * wait for Redis.
 */
export function countWrongLink({ ipAddress }: Pick<ApiRequest, 'ipAddress'>, { rateLimits }: Pick<Services, 'rateLimits'>): void {
  void rateLimits.count('requestsPerAddress', `anonymous:${networkOf(ipAddress ?? '')}`, costs.refusedCredential.value);
}
