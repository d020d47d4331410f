import assert from 'node:assert/strict';
import { openPostgres } from '../../../server/src/database/connections/database-postgres.ts';
import { openInstanceRegistry } from '../../../server/src/receipts/instance-registry.ts';
import { systemClock } from '../../../server/src/runtime/clock.ts';
import { createLog } from '../../../server/src/runtime/log.ts';
import { KeyRing } from '../../../server/src/runtime/secrets/key-ring.ts';
import { sharedPostgres } from '../../support/postgres.ts';

describe('the registry of instances', () => {
  it('[1.6] does not open before this instance is registered, because others would not wait for it', async () => {
    const created = await (await sharedPostgres()).createDatabase();
    const log = createLog('silent');
    // The table does not exist.
    const database = openPostgres(created.url, log);
    try {
      const self = { id: 'a', name: 'a' };
      await assert.rejects(
        openInstanceRegistry({ reads: database.reads, clock: systemClock, log, self, keys: new KeyRing('a secret') }),
        /"instances" does not exist/,
      );
    } finally {
      await database.close();
      await created.drop();
    }
  });
});
