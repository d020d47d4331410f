import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';

/*
 * PGlite off the main thread, behind a socket: in the main thread its synchronous work starves timers and sockets.
 * JavaScript, since a worker that is started from source has no loader for TypeScript.
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
