import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { Kysely, PostgresDialect, type PostgresPool } from 'kysely';
import type { Db } from '../../../server/src/database/database.ts';
import { openInstanceRegistry } from '../../../server/src/receipts/instance-registry.ts';
import { createLog } from '../../../server/src/runtime/log.ts';
import { KeyRing } from '../../../server/src/runtime/secrets/key-ring.ts';
import { HandClock } from '../../support/hand-clock.ts';

/** The age of the row of another instance, which was last renewed before an outage. */
const silentMs = 60_000;

describe('the registry of an instance', () => {
  it('[1.6] lists instances that were silent during an outage, until they could renew their rows', async () => {
    const clock = new HandClock();
    let isReachable = true;
    const client = {
      async query(text: string, parameters: readonly unknown[] = []) {
        if (text.trim().startsWith('SELECT')) {
          const rows = Number(parameters[0]) > silentMs ? [{ id: 'b', name: 'b' }] : [];
          return { command: 'SELECT', rowCount: rows.length, rows };
        }
        if (!isReachable) throw new Error('The database is gone.');
        return { command: 'INSERT', rowCount: 1, rows: [] };
      },
      release() {},
    };
    const pool = { connect: async () => client, end: async () => {} } as unknown as PostgresPool;
    const reads: Db = new Kysely({ dialect: new PostgresDialect({ pool }) });
    const self = { id: 'a', name: 'a' };
    const registry = await openInstanceRegistry({ reads, clock, log: createLog('silent'), self, keys: new KeyRing('a secret') });
    const pass = async (seconds: number) => {
      for (let passed = 0; passed < seconds; passed++) await clock.pass(1_000);
    };
    const listed = async () => {
      const reading = registry.read();
      await setImmediate();
      await clock.pass(50);
      return (await reading).map(({ id }) => id);
    };

    assert.deepEqual(await listed(), ['a', 'b'], 'the instance may have started during an outage');
    await pass(6);
    assert.deepEqual(await listed(), ['a']);

    isReachable = false;
    await pass(8);
    assert.deepEqual(await listed(), ['a', 'b'], 'during an outage');
    isReachable = true;
    await pass(3);
    assert.deepEqual(await listed(), ['a', 'b'], 'soon after the outage');
    await pass(6);
    assert.deepEqual(await listed(), ['a']);
    await registry.close();
  });
});
