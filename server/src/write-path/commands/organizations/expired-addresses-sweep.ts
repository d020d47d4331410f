import { type RawBuilder, sql } from 'kysely';
import { type Sweep, sweep } from '../../../runtime/tasks/sweep.ts';
import type { WritePath } from '../../run-command.ts';
import { runSystemCommand, sweptOrganizationsMax } from '../../run-system-command.ts';
import { removeExpiredAddresses } from './remove-expired-addresses.ts';

const isExpired = sql<boolean>`next_expiry <= now()`;

/**
 * Removes expired rules. Open subscriptions end within 2 s of the expiry of a rule (REST contract
 * 13.3), so it begins as soon as a poll finds one.
 */
export function expiredAddressesSweep(path: WritePath): Sweep<RawBuilder<boolean>> {
  return sweep(path.log, {
    name: 'expired addresses',
    every: sql<boolean>`EXISTS (SELECT FROM ip_allow_lists WHERE ${isExpired})`,
    find: () => path.database.db.selectFrom('ip_allow_lists').select('organization_id as orgId').where(isExpired).execute(),
    command: ({ orgId }) => runSystemCommand(path, removeExpiredAddresses, { orgId, input: {}, requestId: null }),
    concurrentMax: sweptOrganizationsMax,
  });
}
