import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { openPglite } from '../../../server/src/database/connections/database-pglite.ts';
import { createLog } from '../../../server/src/runtime/log.ts';
import { aMigratedDataDir } from '../../support/migrated-data-dir.ts';
import { startProcess } from '../../support/process.ts';

/**
 * Ends the worker of the embedded database when the process gets SIGWINCH. It is the one that
 * reports that it is ready.
 */
const endsWorker = `process.on('worker', (worker) =>
  worker.once('message', (message) => message === 'ready' && process.once('SIGWINCH', () => worker.terminate())))`;

describe('an embedded database whose worker ends', function () {
  this.timeout(180_000);

  it('[H-32] reports its loss, and can be closed and opened again', async () => {
    const dataDir = await aMigratedDataDir();
    const created = once(process, 'worker') as Promise<[Worker]>;
    const database = await openPglite(dataDir, createLog('silent'));
    const [worker] = await created;
    await worker.terminate();
    await database.lost;
    await database.close();
    const again = await openPglite(dataDir, createLog('silent'));
    await again.close();
  });

  it('[H-32] ends the server with one line, so that a service manager starts it again', async () => {
    const environment = { PORT: '0', DATA_DIR: await aMigratedDataDir(), LOG_LEVEL: 'silent' };
    const server = startProcess(['start'], environment, {
      nodeArgs: ['--import', `data:text/javascript,${encodeURIComponent(endsWorker)}`],
    });
    await server.waitForLine(/http:\/\/127\.0\.0\.1:\d+|http:\/\/localhost:\d+/);
    const before = server.stderr.length;
    assert.deepEqual(await server.kill('SIGWINCH'), { code: 1, signal: null });
    assert.match(server.stderr.slice(before), /^rollcall: The embedded database stopped unexpectedly\. Start the server again\.$/m);
  });
});
