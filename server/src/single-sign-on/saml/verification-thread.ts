import { parentPort } from 'node:worker_threads';
import type { VerificationAnswer, VerificationJob } from './verification-pool.ts';
import { verifySamlResponse } from './verify-saml-response.ts';

/** Runs in a worker thread, which verification-worker.mjs starts. */

parentPort!.on('message', async ({ provider, base64, expected }: VerificationJob) => {
  const from = performance.now();
  const answer = await verifySamlResponse(provider, base64, expected).then(
    (response): VerificationAnswer => ({ response, ms: performance.now() - from }),
    (error: unknown): VerificationAnswer => ({ failed: String(error), ms: performance.now() - from }),
  );
  parentPort!.postMessage(answer);
});
parentPort!.postMessage('ready');
