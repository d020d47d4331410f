import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { eventually } from '../support/eventually.ts';
import { startProcess } from '../support/process.ts';
import { redisCommand } from '../support/redis-command.ts';
import { makeTemporaryDirectory } from '../support/run-directory.ts';

function temporaryFile(name: string, content: string): string {
  const file = path.join(makeTemporaryDirectory('script'), name);
  writeFileSync(file, content);
  return file;
}

describe('a started process', () => {
  it('the process has PATH, HOME, the cost of passwords and the given variables, and reports its output and exit code', async () => {
    const script = temporaryFile(
      'print.ts',
      `console.log(Object.keys(process.env).sort().join(), process.argv[2] as string); process.exit(3);`,
    );
    const started = startProcess(['hello'], { GIVEN: '1' }, { script });
    assert.equal((await started.waitForLine(/^GIVEN,HOME,PASSWORD_HASH_KIB,PASSWORD_HASH_PASSES,PATH (\w+)/))[1], 'hello');
    assert.deepEqual(await started.exit, { code: 3, signal: null });
    assert.match(started.stdout, /hello\n$/);
  });

  it('waiting for a line that never appears rejects, with what was printed instead', async () => {
    const script = temporaryFile('fail.mjs', `console.error('no such port'); process.exit(1);`);
    const started = startProcess([], {}, { script });
    await assert.rejects(started.waitForLine(/listening/), /ended with code 1.*no such port/s);
  });

  it('the process can be killed', async () => {
    const script = temporaryFile('stay.mjs', `setInterval(() => {}, 1000); console.log('up');`);
    const started = startProcess([], {}, { script });
    await started.waitForLine(/up/);
    assert.deepEqual(await started.kill('SIGKILL'), { code: null, signal: 'SIGKILL' });
  });
});

describe('a test process that is killed', () => {
  it('the process leaves no server and no directory behind', async () => {
    const support = new URL('../support/', import.meta.url);
    const script = temporaryFile(
      'servers.mts',
      `import { startPostgres } from '${support}postgres.ts';
       import { startRedis } from '${support}redis.ts';
       import { makeTemporaryDirectory } from '${support}run-directory.ts';
       const [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
       console.log('up', postgres.port, redis.port, makeTemporaryDirectory('x'));`,
    );
    const killed = startProcess([], {}, { script });
    const [, postgresPort, redisPort, directory] = await killed.waitForLine(/^up (\d+) (\d+) (.+)\/x-\w+$/);
    await killed.kill('SIGKILL');
    await eventually(async () => {
      // PostgreSQL doesn't understand Redis commands, but a refused connection shows that it is
      // gone too.
      for (const port of [postgresPort, redisPort]) await assert.rejects(redisCommand(Number(port), 'ping'), { code: 'ECONNREFUSED' });
      assert.ok(!existsSync(directory!), 'the directory still exists');
    });
  });
});

describe('the closing line of a test run', () => {
  const mocha = (spec: string) => {
    const file = temporaryFile('some.test.cjs', spec);
    const { stdout, status } = spawnSync(
      process.execPath,
      ['node_modules/mocha/bin/mocha.js', '--no-config', '--reporter', 'test/support/reporter.cjs', file],
      { cwd: new URL('../..', import.meta.url), encoding: 'utf8', env: { PATH: process.env.PATH } },
    );
    return { lastLine: stdout.trimEnd().split('\n').at(-1), status };
  };

  it('the line contains the counts, and no skipped tests if there are none', () => {
    assert.deepEqual(mocha(`it('a', () => {});`), { lastLine: '1 passed, 0 failed', status: 0 });
    assert.deepEqual(mocha(`it('a', () => {}); it('b', () => { throw new Error('no'); }); it.skip('c', () => {});`), {
      lastLine: '1 passed, 1 failed, 1 skipped',
      status: 1,
    });
  });

  it('the line comes last, even after late output of tests', () => {
    const late = `it('a', () => { setTimeout(() => console.log('late'), 50); });`;
    assert.equal(mocha(late).lastLine, '1 passed, 0 failed');
  });

  it('a spec that cannot be loaded counts as a failure', () => {
    assert.deepEqual(mocha(`require('./gone')`), { lastLine: '0 passed, 1 failed', status: 1 });
  });

  it('a run that was cut short counts as a failure', () => {
    assert.deepEqual(mocha(`it('a', () => {}); it('b', () => process.exit(0)); it('c', () => {});`), {
      lastLine: '1 passed, 1 failed',
      status: 1,
    });
  });

  it('an error after the last test counts as a failure', () => {
    const thrown = `it('a', () => { setTimeout(() => { throw new Error('late'); }, 50); });`;
    assert.deepEqual(mocha(thrown), { lastLine: '1 passed, 1 failed', status: 1 });
    const rejected = `it('a', () => { setTimeout(() => Promise.reject(new Error('late')), 50); });`;
    assert.deepEqual(mocha(rejected), { lastLine: '1 passed, 1 failed', status: 1 });
  });
});
