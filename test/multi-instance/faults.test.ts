import assert from 'node:assert/strict';
import { safeguards } from '../faults/safeguards.ts';
import { startProcess } from '../support/process.ts';

/** About a minute on an idle machine. Other processes may slow it down. */
const runMsMax = 300_000;

async function runFaults(...args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const run = startProcess(['--short', ...args], {}, { script: 'test/faults/main.ts' });
  const { code } = await run.exit;
  return { code, output: run.stdout + run.stderr };
}

describe('the fault run, in its short form', function () {
  this.timeout(runMsMax);

  it('[R4] [R12] [H-38] violates no invariant under any fault', async () => {
    const { code, output } = await runFaults();
    assert.equal(code, 0, output);
    assert.match(output, /All invariants hold/);
  });

  for (const { name, says, fault, violates } of safeguards) {
    it(`fails without the safeguard that ${says}`, async () => {
      const { code, output } = await runFaults('--without', name, '--only', fault);
      assert.equal(code, 1, output);
      assert.match(output, new RegExp(`^${violates} +VIOLATED`, 'm'), output);
    });
  }
});
