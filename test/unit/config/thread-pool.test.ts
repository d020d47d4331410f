import assert from 'node:assert/strict';
import { readThreadPoolSize } from '../../../server/src/config/thread-pool.ts';
import { parseConfig } from '../../../server/src/config.ts';

const secret = 's'.repeat(32);
const warning = [
  'UV_THREADPOOL_SIZE has no effect in a .env file, because Node reads it earlier. Set it in the environment of the process.',
];

describe('the size of the thread pool', () => {
  const given = process.env.UV_THREADPOOL_SIZE;
  const setInProcess = (text: string | undefined) => {
    if (text === undefined) delete process.env.UV_THREADPOOL_SIZE;
    else process.env.UV_THREADPOOL_SIZE = text;
  };
  afterEach(() => setInProcess(given));

  for (const [inProcess, inSettings, threads, warnings] of [
    [undefined, undefined, 4, []],
    [undefined, '', 4, []],
    [undefined, '16', 4, warning],
    ['16', '16', 16, []],
    ['8', '16', 8, warning],
  ] as const) {
    const shown = [inProcess, inSettings].map((text) => (text === '' ? 'empty' : (text ?? 'not set')));
    it(`counts as ${threads} if it is ${shown[0]} in the process and ${shown[1]} in the settings`, () => {
      setInProcess(inProcess);
      const config = parseConfig({ SECRET: secret, ...(inSettings === undefined ? {} : { UV_THREADPOOL_SIZE: inSettings }) });
      assert.deepEqual([config.threadPoolSize, config.warnings], [threads, warnings]);
    });
  }

  it('follows the rules of libuv for each text', () => {
    const sizes = [undefined, '8', ' 8 threads', 'many', '', '0', '5000'].map((text) => readThreadPoolSize({ UV_THREADPOOL_SIZE: text }));
    assert.deepEqual(sizes, [4, 8, 8, 1, 1, 1, 1024]);
  });
});
