import { networkOf } from '../../../identity/attempt-limits.ts';
import type { HashFor } from '../../../identity/password-pool.ts';
import type { ApiRequest } from '../../route.ts';

/** Whom a request has a password hashed for. @param account what the password belongs to, such as `session:<id>` */
export function hashFor(request: Pick<ApiRequest, 'writeContext' | 'whenClosed'>, account: string): HashFor {
  return { network: networkOf(request.writeContext.ipAddress ?? ''), account, closed: request.whenClosed() };
}
