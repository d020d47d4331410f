import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';

/*
 * Runs PGlite in a worker, behind a socket. In the main thread, its synchronous work would delay
 * timers and sockets. This file is JavaScript, because a worker that is started from source has no
 * loader for TypeScript.
 */
const { dataDir, socketPath, connectionsMax } = workerData;

const db = await PGlite.create({ dataDir });
const server = new PGLiteSocketServer({ db, path: socketPath, maxConnections: connectionsMax });
await server.start();
parentPort.postMessage('ready');

parentPort.once('message', async () => {
  await server.stop();
  await db.close();
  parentPort.close();
});
