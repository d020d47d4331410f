import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { eventually } from '../support/eventually.ts';
import { type StartedProcess, startProcess } from '../support/process.ts';
import { makeTemporaryDirectory } from '../support/run-directory.ts';

describe('an interrupted load run', function () {
  this.timeout(300_000);

  it('ends all processes that it started', async () => {
    const few = ['--subscribers', '40', '--replicas', '3', '--rate', '5', '--seed', '1'];
    const load = startProcess(
      [...few, '--duration', '60', '--out', makeTemporaryDirectory('load')],
      {},
      { script: 'bench/src/load/main.ts' },
    );
    await load.waitForLine(/calm: /, 60_000);
    const started = descendantsOf(load);
    assert.ok(started.length >= 6, `${started.length} processes instead of two instances, two with subscribers and two databases`);
    assert.deepEqual(await load.kill('SIGINT'), { code: 130, signal: null });
    await eventually(() => assert.deepEqual(alive(started), []), { timeoutMs: 10_000 });
  });
});

function descendantsOf({ pid }: StartedProcess): number[] {
  const rows = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
  const found = [pid];
  for (const one of found) for (const [child, parent] of rows) if (parent === one) found.push(child);
  return found.slice(1);
}

/** The processes that still run. Zombies do not count. */
function alive(pids: readonly number[]): number[] {
  return pids.filter((pid) => {
    try {
      return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
    } catch {
      return false;
    }
  });
}
