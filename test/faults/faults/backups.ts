import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Backup, newEpochs, recreate } from '../../support/backup.ts';
import { eventually } from '../../support/eventually.ts';
import { withClient } from '../../support/postgres.ts';
import type { Cluster } from '../cluster.ts';
import type { Fault } from '../fault.ts';
import type { WriterGroup } from '../writer-group.ts';

/** The time until writes work again: instances that found it read-only try every 5 s. */
const writableMsMax = 30_000;

export const backupFaults: readonly Fault[] = [
  {
    name: 'database-restored',
    description: 'the database is dropped, and restored from a backup while the instances run',
    blocksServers: true,
    async inject({ cluster, writers, forMs }) {
      const { programs } = cluster.parts;
      assert.ok(programs, 'pg_dump is missing: apt-get install postgresql');
      const database = { name: cluster.parts.databaseName, url: cluster.databaseUrl };
      // No write may be acknowledged that the backup lacks.
      await setReadOnly(cluster, true);
      const backup = await Backup.of(database, programs);
      await recreate(database);
      await sleep(forMs / 2);
      await backup.restore(database);
      await sleep(forMs / 2);
      await withClient(database.url, (client) => client.query(newEpochs));
      return { restores: 1, 'writes after it': await countWrites(writers) };
    },
  },
  {
    name: 'database-read-only',
    description: 'the database accepts no writes for a while',
    blocksServers: true,
    async inject({ cluster, writers, forMs }) {
      await setReadOnly(cluster, true);
      await sleep(forMs);
      await setReadOnly(cluster, false);
      return { phases: 1, 'writes after it': await countWrites(writers) };
    },
  },
];

/** Connections that stay open keep the setting with which they began. */
async function setReadOnly({ parts: { postgres, databaseName } }: Cluster, isReadOnly: boolean): Promise<void> {
  await withClient(postgres.url, async (client) => {
    await client.query(`ALTER DATABASE ${databaseName} SET default_transaction_read_only = ${isReadOnly ? 'on' : 'off'}`);
    if (isReadOnly) await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [databaseName]);
  });
}

/** Waits until writers succeed again. */
async function countWrites({ deps: { journal } }: WriterGroup): Promise<number> {
  const before = journal.count;
  await eventually(() => assert.ok(journal.count > before, 'no write has succeeded since'), { timeoutMs: writableMsMax });
  return journal.count - before;
}
