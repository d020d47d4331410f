import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeTemporaryDirectory } from '../../support/run-directory.ts';
import { repository } from '../../support/source-files.ts';

interface LanesRun {
  readonly code: unknown;
  readonly lines: string[];
  /** The folder with `test`. */
  readonly cwd: string;
}

/** Without the counts of a full run, which also runs this file. */
const { ROUNDS: _rounds, ...environment } = process.env;

/** Without the hooks of our tests, which take most of the time of a run. */
const mochaOptions = {
  extension: ['test.ts'],
  'node-option': ['disable-warning=ExperimentalWarning'],
  reporter: path.join(repository, 'test/support/reporter.cjs'),
};

/** @param files by folder, or by path below the root */
function runLanes(files: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<LanesRun> {
  return runLanesWith({ CI: '' }, files, ...args);
}

function runLanesWith(env: NodeJS.ProcessEnv, files: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<LanesRun> {
  const cwd = makeTemporaryDirectory('lanes');
  symlinkSync(path.join(repository, 'node_modules'), path.join(cwd, 'node_modules'));
  writeFileSync(path.join(cwd, '.mocharc.json'), JSON.stringify(mochaOptions));
  const root = path.join(cwd, 'test');
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(root, /[/.]/.test(name) ? name : `${name}/one.test.ts`);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', path.join(repository, 'test/lanes.ts'), ...args],
      { cwd, env: { ...environment, ...env } },
      (error, stdout) => {
        resolve({ code: error ? error.code : 0, lines: stdout.trimEnd().split('\n'), cwd });
      },
    );
  });
}

describe('the lanes of a test run', () => {
  it('sum the passed and skipped tests of their folders', async () => {
    const { code, lines } = await runLanes({
      first: "it('passes', () => {});",
      second: "it('passes', () => {}); it.skip('waits', () => {});",
    });
    assert.deepEqual([code, lines.at(-1)], [0, '2 passed, 0 failed, 1 skipped'], lines.join('\n'));
  });

  it('divide a long folder into parts, run each of its files, and save the durations if asked to', async () => {
    const files = ['a', 'b', 'c', 'd'].map(
      (name) => [`integration/${name}.test.ts`, "describe('it', () => it('passes', () => {}));"] as const,
    );
    const durations = { 'integration/a.test.ts': 170, 'integration/gone.test.ts': 5 };
    const given = { ...Object.fromEntries(files), 'durations.json': JSON.stringify(durations) };
    const { code, lines, cwd } = await runLanes(given, '--full', '--save-durations');
    assert.deepEqual([code, lines.at(-1)], [0, '4 passed, 0 failed'], lines.join('\n'));
    assert.deepEqual(
      new Set(lines.flatMap((line) => /^(\S.*\S) +\|/.exec(line)?.[1] ?? [])),
      new Set([1, 2, 3, 4].map((part) => `integration ${part}`)),
    );
    const saved = JSON.parse(readFileSync(path.join(cwd, 'test/durations.json'), 'utf8')) as object;
    assert.deepEqual(Object.keys(saved), Object.keys(Object.fromEntries(files)));
  });

  it('omit the files for a full run, and folders with only such files, unless all tests are requested', async () => {
    const files = {
      'both/short.test.ts': "it('passes', () => {});",
      'both/long.full.test.ts': "it('passes', () => { if (!process.env.ROUNDS) throw new Error('no rounds'); });",
      'long/long.full.test.ts': "it('passes', () => {});",
    };
    assert.equal((await runLanes(files)).lines.at(-1), '1 passed, 0 failed');
    assert.equal((await runLanes(files, '--full')).lines.at(-1), '3 passed, 0 failed');
  });

  it('run the unit and contract tests with further versions of Node, named after them', async () => {
    const node = path.join(makeTemporaryDirectory('node'), 'node');
    // Runs the tests with this Node, under another version.
    writeFileSync(node, `#!/bin/sh\nif [ "$1" = --version ]; then echo v97.1.0; else OTHER_NODE=1 exec "${process.execPath}" "$@"; fi\n`, {
      mode: 0o755,
    });
    const fails = "it('passes', () => {}); it('fails with the other', () => { if (process.env.OTHER_NODE) throw new Error('no'); });";
    const passes = "it('passes', () => { if (process.env.OTHER_NODE) throw new Error('no'); });";
    const files = { unit: fails, contract: "it('passes', () => {});", integration: passes };
    const { code, lines, cwd } = await runLanesWith({ CI: 'true' }, files, '--also-node', node, '--save-durations');
    const output = lines.join('\n');
    assert.deepEqual([code, lines.at(-1)], [1, '6 passed, 1 failed'], output);
    assert.match(output, /^unit on 97 +\|/m);
    assert.match(output, /^contract on 97 +\|/m);
    assert.doesNotMatch(output, /^integration on 97/m);
    assert.match(output, /^again unit\/one\.test\.ts on 97 \| 1 passed, 1 failed/m);
    assert.deepEqual(Object.keys(JSON.parse(readFileSync(path.join(cwd, 'test/durations.json'), 'utf8'))).length, 3);
  });

  it('count the commands beside the tests, and after all of them, by their exit codes', async () => {
    const files = { first: "it('passes', () => {});" };
    const after = ['--version', '--no-such-option'].flatMap((option) => ['--full-after', `${process.execPath} ${option}`]);
    const args = ['--beside', `${process.execPath} --version`, ...after];
    const all = await runLanes(files, '--full', ...args);
    assert.deepEqual([all.code, all.lines.at(-1)], [1, '3 passed, 1 failed'], all.lines.join('\n'));
    const usual = await runLanes(files, ...args);
    assert.deepEqual([usual.code, usual.lines.at(-1)], [0, '2 passed, 0 failed'], usual.lines.join('\n'));
  });

  it('add what only a run of all tests has, in the same order each time, until a time', async () => {
    const files = {
      'first/counted.test.ts': "it('passes', () => console.log(process.env.ROUNDS ?? 'few', 'rounds'));",
      'first/other.test.ts': "it('passes', () => {});",
      'first/long.full.test.ts': "it('passes', () => { if (!process.env.ROUNDS) throw new Error('no rounds'); });",
      'second/long.full.test.ts': "it('fails', () => { throw new Error('no'); });",
    };
    const command = `${process.execPath} --version`;
    const at = (seconds: number) => String(Math.floor(Date.now() / 1_000) + seconds);
    const { code, lines } = await runLanes(files, '--full-after', command, '--full-until', at(600));
    assert.deepEqual([code, lines.at(-1)], [1, '5 passed, 1 failed'], lines.join('\n'));
    const parts = lines.flatMap((line) => /^(\S.*\S) +\| .*passed/.exec(line)?.[1] ?? []);
    assert.deepEqual(parts.slice(-4, -2).toSorted(), ['first/long.full.test.ts', 'second/long.full.test.ts']);
    assert.deepEqual(parts.slice(-2), [command, 'first/counted.test.ts']);
    assert.match(lines.join('\n'), /few rounds.*500 rounds/s);

    const late = await runLanes(files, '--full-after', command, '--full-until', at(-1));
    assert.deepEqual([late.code, late.lines.at(-1)], [0, '2 passed, 0 failed, 4 skipped'], late.lines.join('\n'));
    assert.match(late.lines.join('\n'), /^Not run for lack of time:\n {2}first\/long\.full\.test\.ts\n/m);
  });

  it('add the files that took long first, in parts, as often as usual, and run again only the one that failed', async () => {
    const marker = path.join(makeTemporaryDirectory('unstable'), 'ran');
    const passes = "describe('it', () => it('passes', () => { if ('ROUNDS' in process.env) throw new Error('rounds'); }));";
    const files = {
      'durations.json': '{"folder/rare.test.ts": 30, "folder/long.test.ts": 9, "folder/short.test.ts": 8}',
      'folder/short.test.ts': passes,
      'folder/long.test.ts': passes,
      'folder/rare.test.ts': `const fs = require('node:fs');
        describe('it', () => it('passes the second time', () => {
          if (!fs.existsSync('${marker}')) { fs.writeFileSync('${marker}', ''); throw new Error('no'); }
        }));`,
      'folder/only.full.test.ts': "describe('it', () => it('passes', () => {}));",
    };
    const end = String(Math.floor(Date.now() / 1_000) + 600);
    const { code, lines, cwd } = await runLanesWith({ CI: 'true' }, files, '--save-durations', '--full-until', end);
    assert.deepEqual([code, lines.at(-1)], [0, '4 passed, 0 failed'], lines.join('\n'));
    const parts = lines.flatMap((line) => /^(\S.*?) +\| (\d) passed/.exec(line)?.slice(1, 3).join(': ') ?? []);
    assert.deepEqual(parts, ['folder: 1', 'long folder: 1', 'again folder/rare.test.ts: 1', 'folder/only.full.test.ts: 1']);
    const saved = JSON.parse(readFileSync(path.join(cwd, 'test/durations.json'), 'utf8'));
    assert.deepEqual(
      Object.keys(saved),
      ['long', 'only.full', 'rare', 'short'].map((name) => `folder/${name}.test.ts`),
    );
  });

  it('run the named folders only, with the files that took long', async () => {
    const files = {
      'durations.json': '{"first/long.test.ts": 30}',
      'first/long.test.ts': "it('passes', () => {});",
      'first/short.test.ts': "it('passes', () => {});",
      'first/only.full.test.ts': "it('passes', () => {});",
      second: "it('passes', () => {});",
      third: "it('passes', () => {});",
    };
    const { code, lines } = await runLanes(files, '--only', 'first', '--only', 'third');
    assert.deepEqual([code, lines.at(-1)], [0, '3 passed, 0 failed'], lines.join('\n'));
  });

  it('keep the saved durations of files that did not run', async () => {
    const files = {
      'durations.json': '{"folder/long.full.test.ts": 100, "folder/removed.test.ts": 1}',
      'folder/usual.test.ts': "it('passes', () => {});",
      'folder/long.full.test.ts': "it('passes', () => {});",
    };
    const { cwd } = await runLanes(files, '--save-durations');
    const saved = JSON.parse(readFileSync(path.join(cwd, 'test/durations.json'), 'utf8'));
    assert.equal(saved['folder/long.full.test.ts'], 100);
    assert.ok('folder/usual.test.ts' in saved && !('folder/removed.test.ts' in saved));
  });

  it('end a part that is under way at that time, with what it has started', async () => {
    const files = { 'long/waits.full.test.ts': "it('waits', () => new Promise((resolve) => setTimeout(resolve, 60_000))).timeout(0);" };
    const end = Math.ceil(Date.now() / 1_000) + 3;
    const { code, lines } = await runLanes(files, '--full-until', String(end));
    assert.deepEqual([code, lines.at(-1)], [0, '0 passed, 0 failed, 1 skipped'], lines.join('\n'));
    assert.match(lines.join('\n'), /waits\.full\.test\.ts +\| was ended for lack of time/);
  });

  it('fail if a test fails, or if a folder’s process exits without output', async () => {
    const { code, lines } = await runLanes({
      dies: "it('dies', () => process.kill(process.pid, 'SIGKILL'));",
      fails: "it('fails', () => { throw new Error('no'); });",
      passes: "it('passes', () => {});",
    });
    assert.deepEqual([code, lines.at(-1)], [1, '1 passed, 2 failed'], lines.join('\n'));
    const repeated = lines.filter((line) => !/^(dies|fails|passes) +\|/.test(line)).join('\n');
    assert.match(repeated, /^dies$.*reported no result/ms);
    assert.match(repeated, /^fails$.*1 failing.*Error: no/ms);
  });

  it('run a file that failed once more in CI, alone, and name it if it passes', async () => {
    const marker = path.join(makeTemporaryDirectory('unstable'), 'ran');
    const files = {
      'folder/unstable.test.ts': `const fs = require('node:fs');
        it('passes', () => {});
        it('passes the second time', () => { if (!fs.existsSync('${marker}')) { fs.writeFileSync('${marker}', ''); throw new Error('no'); } });`,
      'folder/passes.test.ts': "it('passes', () => {});",
    };
    const first = await runLanesWith({ CI: 'true' }, files);
    assert.deepEqual([first.code, first.lines.at(-1)], [0, '3 passed, 0 failed'], first.lines.join('\n'));
    assert.match(first.lines.join('\n'), /^folder$.*1 failing.*^Unstable, passed when run again.*unstable\.test\.ts$/ms);

    const rare = { 'long/rare.full.test.ts': files['folder/unstable.test.ts'].replaceAll(marker, `${marker}-late`) };
    const full = await runLanesWith({ CI: 'true' }, rare, '--full-until', String(Math.floor(Date.now() / 1_000) + 600));
    assert.deepEqual([full.code, full.lines.at(-1)], [0, '2 passed, 0 failed'], full.lines.join('\n'));
    assert.match(full.lines.join('\n'), /^Unstable, passed when run again.*rare\.full\.test\.ts$/ms);

    const fails = { fails: "it('passes', () => {}); it('fails', () => { throw new Error('no'); });" };
    const second = await runLanesWith({ CI: 'true' }, fails);
    assert.deepEqual([second.code, second.lines.at(-1)], [1, '1 passed, 1 failed'], second.lines.join('\n'));
    assert.doesNotMatch(second.lines.join('\n'), /Unstable/);
  });

  it('end a folder whose process still runs after its counts, and name it as unstable', async () => {
    const spin = "process.on('exit', () => { for (;;); });";
    const { code, lines } = await runLanes(
      {
        ends: "it('passes', () => {});",
        spins: `it('passes', () => { ${spin} }); it.skip('waits', () => {});`,
        'spins-and-fails': `it('passes', () => { ${spin} }); it('fails', () => { throw new Error('no'); });`,
      },
      ...['--ending-seconds', '1'],
    );
    assert.deepEqual([code, lines.at(-1)], [1, '3 passed, 1 failed, 1 skipped'], lines.join('\n'));
    assert.match(lines.join('\n'), /^Unstable, ended after their counts.*\n( {2}spins(-and-fails)?\n){2}/m);
    assert.doesNotMatch(lines.join('\n'), /^ {2}ends$/m);
  });

  it('pass if the only fault of a folder is that its process did not end', async () => {
    const files = { spins: "it('passes', () => { process.on('exit', () => { for (;;); }); });" };
    const { code, lines } = await runLanes(files, '--ending-seconds', '1');
    assert.deepEqual([code, lines.at(-1)], [0, '1 passed, 0 failed'], lines.join('\n'));
  });

  it('run nothing again if more files failed than the load of a machine explains', async () => {
    const fails = Object.fromEntries(
      [1, 2, 3, 4, 5, 6].map((number) => [`fails/${number}.test.ts`, "it('fails', () => { throw new Error('no'); });"]),
    );
    const { code, lines } = await runLanesWith({ CI: 'true' }, fails);
    assert.deepEqual([code, lines.at(-1)], [1, '0 passed, 6 failed'], lines.join('\n'));
    assert.doesNotMatch(lines.join('\n'), /^again/m);
  });
});
