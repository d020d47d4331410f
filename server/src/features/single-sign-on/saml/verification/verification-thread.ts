import os from 'node:os';
import { parentPort } from 'node:worker_threads';
import { ExpiringMap } from '../../../../runtime/collections/expiring-map.ts';
import { verifySamlResponse } from '../verify-saml-response.ts';
import type { VerificationAnswer, VerificationJob } from './verification-pool.ts';

/** Runs in a worker thread, which verification-worker.mjs starts. */

// Linux has a priority for each thread, and 0 means the calling one. Elsewhere, it would be that of
// the whole process. On a busy machine, verifications give way to the event loops and the database.
if (process.platform === 'linux') os.setPriority(0, os.constants.priority.PRIORITY_LOW);

/** The signatures of former responses. Each thread has its own. */
const used = new ExpiringMap<true>();

parentPort!.on('message', async ({ provider, base64, expected }: VerificationJob) => {
  const from = performance.now();
  const answer = await verifySamlResponse(provider, base64, expected, used).then(
    (response): VerificationAnswer => ({ response, ms: performance.now() - from }),
    (error: unknown): VerificationAnswer => ({ failed: String(error), ms: performance.now() - from }),
  );
  parentPort!.postMessage(answer);
});
parentPort!.postMessage('ready');
