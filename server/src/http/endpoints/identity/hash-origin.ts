import { networkOf } from '../../../identity/limits/attempt-limits.ts';
import type { HashOrigin } from '../../../identity/passwords/password-pool.ts';
import type { ApiRequest } from '../../route.ts';

/**
 * Describes the requester of a password hash to the pool.
 * @param account the owner of the password, such as `session:<id>`
 */
export function hashOriginOf(request: Pick<ApiRequest, 'writeContext' | 'whenClosed'>, account: string): HashOrigin {
  return { network: networkOf(request.writeContext.ipAddress ?? ''), account, closed: request.whenClosed() };
}
