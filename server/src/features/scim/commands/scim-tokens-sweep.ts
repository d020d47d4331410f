import { sql } from 'kysely';
import { type Sweep, sweep } from '../../../runtime/tasks/sweep.ts';
import type { WritePath } from '../../../write-path/run-command.ts';
import { runSystemCommand, sweptOrganizationsMax } from '../../../write-path/run-system-command.ts';
import { removeExpiredScimTokens } from './remove-expired-scim-tokens.ts';

/** Removes the expired tokens of identity providers. */
export function scimTokensSweep(path: WritePath): Sweep {
  return sweep(path.log, {
    name: 'expired SCIM tokens',
    every: 60_000,
    find: () =>
      path.database.db
        .selectFrom('auth_tokens')
        .select((eb) => eb.ref('organization_id').$notNull().as('orgId'))
        .distinct()
        .where('is_for_scim', '=', true)
        .where('expires_at', '<=', sql<string>`clock_timestamp()`)
        .execute(),
    command: ({ orgId }) => runSystemCommand(path, removeExpiredScimTokens, { orgId, input: {}, requestId: null }),
    concurrentMax: sweptOrganizationsMax,
  });
}
