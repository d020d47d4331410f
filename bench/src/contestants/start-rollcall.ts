import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../../test/support/free-port.ts';
import { makeTemporaryDirectory } from '../../../test/support/run-directory.ts';
import { otherNode, repository } from '../command-line.ts';
import type { Instance } from './instance.ts';
import { spawnNode } from './process.ts';

const startMsMax = 90_000;

/**
 * One token and one address create the whole load, so the limits are raised. It is still counted.
 */
const unlimited = {
  RATE_LIMIT_PER_CREDENTIAL: '1000000',
  RATE_LIMIT_PER_ADDRESS: '1000000',
  RATE_LIMIT_CONCURRENT: '1000000',
  LIMIT_WRITES_PER_CALLER: '1000',
  LIMIT_SOCKETS_PER_CALLER: '1000000',
  LIMIT_STORED_BYTES_PER_CALLER: String(2 ** 40),
};

/**
 * Starts the built server like an operator does, on `PORT` or a free port. Resolves when it is
 * ready.
 * @param checkout the folder of another repository, which runs with AGAINST_NODE
 */
export async function startRollcall(environment: Readonly<Record<string, string>>, checkout?: string): Promise<Instance> {
  const port = Number(environment.PORT ?? (await freePort()));
  const url = `http://127.0.0.1:${port}`;
  const env = { DATA_DIR: makeTemporaryDirectory('data'), PORT: String(port), ...unlimited, ...environment };
  const { child, pid, kill } = spawnNode(['server/dist/main.js', 'start'], {
    ...{ env, cwd: checkout ?? repository },
    ...(checkout === undefined ? {} : { node: otherNode }),
  });
  let printed = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    printed = (printed + text).slice(-4_000);
  });
  const ended = once(child, 'close').then(() => {
    throw new Error(`Rollcall exited before it was ready:\n${printed}`);
  });
  // A server that is killed later also rejects this promise, when it is no longer awaited.
  ended.catch(() => {});
  await Promise.race([ended, waitUntilReady(url)]);
  return { url, pid, kill };
}

async function waitUntilReady(url: string): Promise<void> {
  for (const deadline = performance.now() + startMsMax; performance.now() < deadline; await sleep(50)) {
    const response = await fetch(`${url}/readyz`).catch(() => null);
    if (response?.ok) return;
  }
  throw new Error(`Rollcall was not ready within ${startMsMax / 1_000} s`);
}
