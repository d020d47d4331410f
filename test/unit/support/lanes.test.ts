import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeTemporaryDirectory } from '../../support/run-directory.ts';
import { repository } from '../../support/source-files.ts';

function runLanes(files: Readonly<Record<string, string>>): Promise<{ code: unknown; lines: string[] }> {
  const root = makeTemporaryDirectory('lanes');
  for (const [folder, text] of Object.entries(files)) {
    mkdirSync(path.join(root, folder));
    writeFileSync(path.join(root, folder, 'one.test.ts'), text);
  }
  return new Promise((resolve) => {
    execFile(process.execPath, ['--import', 'tsx', 'test/lanes.ts', root], { cwd: repository }, (error, stdout) => {
      resolve({ code: error ? error.code : 0, lines: stdout.trimEnd().split('\n') });
    });
  });
}

describe('the lanes of a test run', function () {
  this.timeout(60_000);

  it('sum what their folders passed and skipped', async () => {
    const { code, lines } = await runLanes({
      first: "it('passes', () => {});",
      second: "it('passes', () => {}); it.skip('waits', () => {});",
    });
    assert.deepEqual([code, lines.at(-1)], [0, '2 passed, 0 failed, 1 skipped'], lines.join('\n'));
  });

  it('fail with a test that fails, and with a folder that dies without a word', async () => {
    const { code, lines } = await runLanes({
      dies: "it('dies', () => process.kill(process.pid, 'SIGKILL'));",
      fails: "it('fails', () => { throw new Error('no'); });",
      passes: "it('passes', () => {});",
    });
    assert.deepEqual([code, lines.at(-1)], [1, '1 passed, 2 failed'], lines.join('\n'));
    const toldAgain = lines.filter((line) => !/^(dies|fails|passes) +\|/.test(line)).join('\n');
    assert.match(toldAgain, /^dies$.*told nothing/ms);
    assert.match(toldAgain, /^fails$.*1 failing.*Error: no/ms);
  });
});
