import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { findSecret, keepSecret } from '../../../server/src/config/keep-secret.ts';
import { makeTemporaryDirectory } from '../../support/run-directory.ts';

/**
 * Reads each file as soon as it exists, like another instance that starts at the same time. Sends
 * the texts. The time between the creation and the end of the write is some microseconds.
 */
const reader = `
  const { existsSync, readFileSync } = require('node:fs');
  const { parentPort, workerData: files } = require('node:worker_threads');
  parentPort.postMessage('ready');
  parentPort.postMessage(files.map((file) => {
    while (!existsSync(file));
    return readFileSync(file, 'utf8');
  }));
`;
const rounds = 300;

describe('the secret in the data folder', () => {
  it('[V13.3.1] [V13.3.2] has only its owner as a reader, and is the same at the next start', () => {
    const folder = path.join(makeTemporaryDirectory('secret'), 'data');
    assert.equal(findSecret(folder), '');
    const secret = keepSecret(folder);
    assert.match(secret, /^[0-9a-f]{64}$/);
    assert.deepEqual([keepSecret(folder), findSecret(folder)], [secret, secret]);
    assert.deepEqual(readdirSync(folder), ['secret']);
    assert.equal(statSync(path.join(folder, 'secret')).mode & 0o777, 0o600);
  });

  it('never appears empty to an instance that starts at the same time', async () => {
    const root = makeTemporaryDirectory('secret');
    const folders = Array.from({ length: rounds }, (_, round) => path.join(root, String(round)));
    const files = folders.map((folder) => path.join(folder, 'secret'));
    const worker = new Worker(reader, { eval: true, workerData: files });
    try {
      await once(worker, 'message');
      for (const folder of folders) keepSecret(folder);
      const [read] = await once(worker, 'message');
      assert.deepEqual(
        read,
        files.map((file) => readFileSync(file, 'utf8')),
      );
    } finally {
      await worker.terminate();
    }
  });
});
