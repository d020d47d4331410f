import { workerData } from 'node:worker_threads';

/** The first module of a thread of verification-pool.ts. It needs no loader for TypeScript. */

// A server that runs from its sources has such a loader, but its threads don't inherit it.
if (workerData.module.endsWith('.ts')) {
  const loader = 'tsx/esm/api';
  (await import(loader)).register();
}
await import(workerData.module);
