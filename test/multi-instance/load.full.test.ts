import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseOptions } from '../../bench/src/load/options.ts';
import { startProcess } from '../support/process.ts';
import { makeTemporaryDirectory } from '../support/run-directory.ts';

/** A short form of `npm run load`. */
describe('the load run', function () {
  this.timeout(300_000);

  const run = (...args: readonly string[]) => startProcess(args, {}, { script: 'bench/src/load/main.ts' });
  const subscribers = 40;
  const few = ['--subscribers', String(subscribers), '--replicas', '3', '--rate', '5', '--seed', '1'] as const;

  it('loses no change in any of its parts and writes a report that loads nothing from the network', async () => {
    const out = makeTemporaryDirectory('load');
    const faults = 'redis-down,slow-subscriber,rolling-restart';
    const load = run(...few, '--instances', '2', '--duration', '5', '--faults', faults, '--reconnect-burst', '--out', out);
    assert.deepEqual(await load.exit, { code: 0, signal: null }, load.stderr + load.stdout);

    const report = JSON.parse(readFileSync(path.join(out, 'report.json'), 'utf8'));
    assert.deepEqual(
      report.windows.map(({ name }: { name: string }) => name),
      ['calm', 'redis-down', 'slow-subscriber', 'rolling-restart', 'reconnect-burst'],
    );
    assert.deepEqual(
      report.verdicts.filter(({ isRule, isMet }: { isRule: boolean; isMet: boolean }) => isRule && !isMet),
      [],
    );
    const [calm] = report.windows;
    // The commit of the newest change may be read with those of the next window.
    assert.ok(Math.abs(calm.deliveries - calm.sinceCommit.count) <= subscribers, 'a delivery has no commit');
    assert.ok(calm.deliveries > 0 && calm.sinceCommit.p50Ms > 0 && calm.cpuUsPerDelivery > 0);

    const page = readFileSync(path.join(out, 'report.html'), 'utf8').replaceAll('xmlns="http://www.w3.org/2000/svg"', '');
    assert.doesNotMatch(page, /https?:|src=|url\(|<script|@import/);
    assert.equal(page.match(/<svg/g)?.length, 6);
    assert.doesNotMatch(page, /NaN|undefined|Infinity/);
  });

  it('names the invalid option', async () => {
    for (const [args, complaint] of [
      [['--faults', 'meteor'], /--faults accepts redis-down/],
      [['--reconnect-burst', '--instances', '1'], /require another instance/],
      [['--faults', 'slow-subscriber', '--payload', '1000'], /determines the size of changes/],
    ] as const) {
      assert.throws(() => parseOptions(args), complaint);
    }
    const load = run('--subscribers', 'many');
    assert.equal((await load.exit).code, 2);
    assert.match(load.stderr, /--subscribers must be a whole number/);
  });
});
