import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';

/**
 * Runs all tests, in two mocha processes beside each other: most of a test's time is spent waiting, for a lease, a sweep
 * or a process to start, and the second processor would have nothing to do. Each has a PostgreSQL and a Redis of its own.
 * The last line is that of both together.
 */
const beside = ['multi-instance', 'simulation', 'security', 'e2e'];
const lanes: Readonly<Record<string, readonly string[]>> = {
  one: foldersOfTests().filter((folder) => !beside.includes(folder)),
  many: beside,
};

/** Read from the disk, so that a new folder cannot be forgotten. */
function foldersOfTests(): string[] {
  const entries = readdirSync('test', { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile() && /\.test\.tsx?$/.test(entry.name));
  return [...new Set(files.map(({ parentPath }) => parentPath.split('/')[1]!))];
}

interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const closingLine = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/;

/** A lane that does not tell how it ended has failed, as has one that says that all went well and exits otherwise. */
function run(name: string, folders: readonly string[]): Promise<Outcome> {
  const startedAt = performance.now();
  // The wrapper of mocha that its options for Node need is started by its own command.
  const mocha = spawn('npx', ['mocha', ...folders.map((folder) => `test/${folder}/**/*.test.{ts,tsx}`)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let outcome: Outcome | null = null;
  const lines = createInterface({ input: mocha.stdout });
  lines.on('line', (line) => {
    const match = closingLine.exec(line);
    if (match) outcome = { passed: Number(match[1]), failed: Number(match[2]), skipped: Number(match[3] ?? 0) };
    else console.log(`${name.padEnd(4)} | ${line}`);
  });
  return new Promise((resolve) => {
    mocha.on('close', (code) => {
      const told = outcome ?? { passed: 0, failed: 0, skipped: 0 };
      const failed = code === 0 && outcome ? told.failed : Math.max(told.failed, 1);
      if (failed > told.failed)
        console.log(`${name.padEnd(4)} | ended with code ${code} and ${outcome ? 'no failure' : 'without its closing line'}`);
      console.log(
        `${name.padEnd(4)} | ${told.passed} passed, ${failed} failed in ${Math.round((performance.now() - startedAt) / 1_000)} s`,
      );
      resolve({ ...told, failed });
    });
  });
}

const outcomes = await Promise.all(Object.entries(lanes).map(([name, folders]) => run(name, folders)));
const total = (of: keyof Outcome) => outcomes.reduce((sum, outcome) => sum + outcome[of], 0);
const skipped = total('skipped');
console.log(`\n${total('passed')} passed, ${total('failed')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = total('failed') > 0 ? 1 : 0;
