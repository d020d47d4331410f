import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import { divide, readDurations, saveDurations, sumOf } from './support/file-durations.ts';

/**
 * Runs all tests in three lanes. With two lanes, tests that wait for a lease, a sweep or a process
 * leave a third of two processors idle. The files of each folder are divided into parts of about
 * the same duration, and the folder with the most work left is next, so that all lanes end at about
 * the same time. `durations.json` has the seconds of each file, and `--save-durations` replaces
 * those of the files that ran. Each part has its own mocha, PostgreSQL and Redis. Server processes
 * run the build instead of the sources, because they then start in half the CPU time. At the end
 * the output repeats the failures, and its last line has the totals.
 *
 * A part whose process still runs a minute after it printed its counts is ended. The counts are
 * kept, and the output names the part as unstable.
 *
 * With `CI` set, a file that failed is run once more after the lanes, alone. What passes then
 * counts as passed, and the output names the file as unstable.
 *
 * `--full` adds the files that took more than eight seconds, and those named `*.full.test.ts`,
 * repeats each race more often, checks more random histories, and removes each safeguard of the
 * simulation. `--beside COMMAND` runs a command in a lane, before the tests, and `--full-after
 * COMMAND` after them, alone, if all tests are requested. Each counts as one test, which fails if
 * the exit code is not 0.
 *
 * `--full-until TIME` runs the tests as without `--full`, and then what `--full` adds, in a fixed
 * order, until this time in seconds since 1970. A part that is under way then is ended. It and the
 * parts behind it are named as not run, and count as skipped.
 *
 * `--only FOLDER` runs the files of this folder, also those that took long. It can be repeated.
 *
 * `--also-node PATH` runs the unit and contract tests with that Node as well. Their parts are named
 * after its version, as in `unit on 22`.
 */
const laneCount = 3;
/** The long tests start more processes each. */
const fullLaneCount = 2;
/**
 * The parts for each lane, so that all lanes end at about the same time. More parts would end at
 * closer times, but the start of each takes several seconds of CPU time.
 */
const partsPerLane = 4;
/**
 * Files that took longer run only with `--full` or `--full-until`, so that the usual run takes less
 * than eight minutes. A fifth of the files takes two thirds of the processor time.
 */
const fileSecondsMax = 8;
/** A shorter part is not worth its start. */
const partSecondsMin = 60;

/** The folders of `--also-node`. The others test what all versions of Node have in common. */
const foldersOnEachNode = ['unit', 'contract'];

interface NodeBinary {
  readonly path: string;
  /** At the end of the names of its parts. */
  readonly label: string;
}

interface Part {
  readonly name: string;
  readonly node: NodeBinary;
  /** A run of mocha prints its counts. Another command passes or fails by its exit code. */
  readonly isMocha: boolean;
  readonly command: readonly string[];
  readonly folder: string;
  /** As expected. */
  readonly seconds: number;
}

interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

interface FileResult extends Outcome {
  readonly file: string;
  readonly ms: number;
}

interface FileResultOfPart extends FileResult {
  readonly part: Part;
}

interface FailedPart {
  readonly part: Part;
  readonly outcome: Outcome;
}

/** The time for an interrupted part to stop what it has started. */
const interruptMsMax = 30_000;
/** If more files failed, the cause is not the load of the machine. */
const runAgainMax = 5;

const failures: string[] = [];
/** Parts that were ended after their counts. */
const endless: string[] = [];
/** Parts that failed, and passed when they ran again, alone. */
const unstable: string[] = [];
const notRun: string[] = [];
const results: FileResultOfPart[] = [];
const directory = mkdtempSync(path.join(tmpdir(), 'rollcall-lanes-'));
process.once('exit', () => rmSync(directory, { recursive: true, force: true }));

/** The line after which mocha prints the errors of the failed tests. */
const failuresLine = /^ {2}\d+ failing$/;
/** For a part that failed without such a line, its last lines are repeated up to this number. */
const lastLines = 40;
/** The counts that mocha itself prints, earlier than the closing line. */
const countLine = /^ {2}(\d+) (passing|failing|pending)\b/;
const closingLine = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/;
const { values: options, positionals } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    'full-until': { type: 'string' },
    only: { type: 'string', multiple: true, default: [] },
    beside: { type: 'string', multiple: true, default: [] },
    'full-after': { type: 'string', multiple: true, default: [] },
    'also-node': { type: 'string', multiple: true, default: [] },
    'save-durations': { type: 'boolean', default: false },
    /** The time for a process to end by itself after its counts. */
    'ending-seconds': { type: 'string', default: '60' },
  },
  allowPositionals: true,
});
const [root = 'test'] = positionals;
const durationsPath = path.join(root, 'durations.json');
const mochaScript = 'node_modules/mocha/bin/mocha.js';
const ownNode: NodeBinary = { path: process.execPath, label: '' };
const alsoNodes = options['also-node'].map((binary): NodeBinary => {
  const [, major] = /^v(\d+)\./.exec(execFileSync(binary, ['--version'], { encoding: 'utf8' }))!;
  return { path: path.resolve(binary), label: ` on ${major}` };
});
/** With 2,000 rounds, the races alone take more than an hour. */
const fullCounts = {
  ROUNDS: '500',
  HISTORIES: '100',
  STATES: '40',
  KILLS: '3',
  MUTANTS: '1000',
  VALUES: '20',
  FIELDS: '1000',
  DURATION_SECONDS: '60',
};
const readsFullCounts = new RegExp(`process\\.env\\.(${Object.keys(fullCounts).join('|')})\\b`);
const formerDurations = readDurations(durationsPath);
const isFullFile = (file: string) => /\.full\.test\.tsx?$/.test(file);
const isLong = (file: string) => (formerDurations[file] ?? 0) > fileSecondsMax;
/** Interrupts each running part. */
const underWay = new Set<() => boolean>();
let isInterrupted = false;
/** Whether the parts repeat races and random tests more often. */
let repeatsMore = options.full;

/** The paths below the root, read from the disk so that no new file is forgotten. */
function testFiles(): string[] {
  return readdirSync(root, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.test\.tsx?$/.test(entry.name))
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
    .sort();
}

function partsOfTests(): Part[] {
  const files = testFiles().filter(isChosen);
  const onEachNode = files.filter((file) => foldersOnEachNode.includes(folderOf(file)));
  return [...partsOf(files, ownNode), ...alsoNodes.flatMap((node) => partsOf(onEachNode, node))];
}

function isChosen(file: string): boolean {
  if (options.full) return true;
  return !isFullFile(file) && (options.only.length === 0 ? !isLong(file) : options.only.includes(folderOf(file)));
}

const folderOf = (file: string) => file.split(path.sep)[0]!;

/** @param prefix of their names */
function partsOf(files: readonly string[], node: NodeBinary, prefix = ''): Part[] {
  const secondsMax = Math.max(partSecondsMin, sumOf(files, formerDurations) / (laneCount * partsPerLane));
  const folders = [...new Set(files.map(folderOf))];
  return folders.flatMap((folder) => {
    const inFolder = files.filter((file) => folderOf(file) === folder);
    return divide(inFolder, formerDurations, secondsMax).map((part, index, { length }) => ({
      name: `${prefix}${folder}${node.label}${length === 1 ? '' : ` ${index + 1}`}`,
      node,
      isMocha: true,
      command: [node.path, mochaScript, ...part.files.map((file) => path.join(root, file))],
      folder: `${folder}${node.label}`,
      seconds: part.seconds,
    }));
  });
}

interface Step {
  readonly parts: Part[];
  readonly lanes: number;
  readonly repeatsMore: boolean;
}

/**
 * The steps that `--full-until` adds: the long files, the files that only `--full` runs, its
 * commands, and then the files whose tests it repeats. Commands run alone.
 */
function stepsOfFull(): Step[] {
  const files = testFiles();
  const ofFile = (file: string) => partOfFile(path.join(root, file), ownNode);
  const long = files.filter((file) => isLong(file) && !isFullFile(file));
  const isRepeated = (file: string) => !isFullFile(file) && readsFullCounts.test(readFileSync(path.join(root, file), 'utf8'));
  return [
    { parts: partsOf(long, ownNode, 'long '), lanes: laneCount, repeatsMore: false },
    { parts: files.filter(isFullFile).map(ofFile), lanes: fullLaneCount, repeatsMore: true },
    { parts: options['full-after'].map(partOf), lanes: 1, repeatsMore: true },
    { parts: files.filter(isRepeated).map(ofFile), lanes: fullLaneCount, repeatsMore: true },
  ];
}

/** @param file below the working directory. The part is named by its path below the root. */
function partOfFile(file: string, node: NodeBinary): Part {
  return { ...partOf(path.relative(root, file) + node.label), node, isMocha: true, command: [node.path, mochaScript, file] };
}

function partOf(line: string): Part {
  // Without an end, so that it is next.
  return { name: line, node: ownNode, isMocha: false, command: line.split(' '), folder: line, seconds: Number.POSITIVE_INFINITY };
}

/**
 * Takes a part of the folder with the most work left for each of its running parts. The browsers of
 * one folder and the waits of another then run at the same time.
 */
function takeNext(): Part | undefined {
  const workLeft = (folder: string) => {
    const left = waiting.filter((part) => part.folder === folder).reduce((sum, { seconds }) => sum + seconds, 0);
    return left / (running.filter((part) => part.folder === folder).length + 1);
  };
  const [next] = waiting.toSorted((a, b) => workLeft(b.folder) - workLeft(a.folder) || b.seconds - a.seconds);
  if (next) waiting.splice(waiting.indexOf(next), 1);
  return next;
}

/**
 * Runs a part. A run of mocha fails if it prints no result, or if it prints success and exits with
 * another code than 0.
 * @param end in milliseconds since 1970. A part that still runs then is ended, and is skipped
 */
async function run(part: Part, end = Number.POSITIVE_INFINITY): Promise<Outcome> {
  const { name, node, isMocha } = part;
  const [file, ...args] = part.command;
  const startedAt = performance.now();
  const lines: string[] = [];
  const resultsPath = path.join(directory, name.replaceAll('/', '-'));
  const report = (line: string) => {
    lines.push(line);
    console.log(`${name.padEnd(14)} | ${line}`);
  };
  const child = spawn(file!, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, because npm may not pass on a signal to the command that it runs, and so
    // that mocha ends together with its wrapper.
    detached: true,
    env: {
      SERVER_SCRIPT: 'server/dist/bundle/main.js',
      TEMPLATES: directory,
      ...(repeatsMore ? fullCounts : {}),
      ...process.env,
      // Some tests start `node` or a script of npm.
      PATH: `${path.dirname(node.path)}:${process.env.PATH}`,
      FILE_RESULTS: resultsPath,
    },
  });
  const interrupt = () => (isMocha ? child.kill('SIGINT') : process.kill(-child.pid!, 'SIGINT'));
  underWay.add(interrupt);
  let isOutOfTime = false;
  let killTimer: NodeJS.Timeout | undefined;
  const atEnd = () => {
    isOutOfTime = true;
    interrupt();
    killTimer = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), interruptMsMax);
  };
  const endTimer = end < Number.POSITIVE_INFINITY ? setTimeout(atEnd, Math.max(0, end - Date.now())) : undefined;
  let counted: Outcome | null = null;
  const epilogue = { passing: 0, failing: 0, pending: 0 };
  let ending: NodeJS.Timeout | undefined;
  let wasEndless = false;
  const hasCounts = () => {
    ending ??= setTimeout(() => {
      wasEndless = true;
      process.kill(-child.pid!, 'SIGKILL');
    }, Number(options['ending-seconds']) * 1_000);
  };
  const onLine = (stream: Readable, take: (line: string) => void) => createInterface({ input: stream }).on('line', take);
  onLine(child.stderr, report);
  onLine(child.stdout, (line) => {
    const match = closingLine.exec(line);
    if (match) counted = { passed: Number(match[1]), failed: Number(match[2]), skipped: Number(match[3] ?? 0) };
    else report(line);
    const [, number, name] = countLine.exec(line) ?? [];
    if (name !== undefined) epilogue[name as keyof typeof epilogue] = Number(number);
    if (isMocha && (match || name !== undefined)) hasCounts();
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  underWay.delete(interrupt);
  for (const timer of [endTimer, killTimer, ending]) clearTimeout(timer);
  if (isOutOfTime) {
    notRun.push(name);
    report('was ended for lack of time');
    return { passed: 0, failed: 0, skipped: 1 };
  }
  if (wasEndless) {
    endless.push(name);
    counted ??= { passed: epilogue.passing, failed: epilogue.failing, skipped: epilogue.pending };
    report(`was ended, because its process still ran ${options['ending-seconds']} s after its counts`);
  }
  if (!isMocha && code === 0) counted = { passed: 1, failed: 0, skipped: 0 };
  const outcome = outcomeOf(counted, wasEndless ? 0 : code);
  if (counted === null || outcome.failed > (counted as Outcome).failed)
    report(`ended with ${signal ?? `code ${code}`}, and reported ${counted ? 'no failure' : 'no result'}`);
  const failuresFrom = lines.findIndex((line) => failuresLine.test(line));
  if (outcome.failed > 0) failures.push(`\n${name}`, ...lines.slice(failuresFrom < 0 ? -lastLines : failuresFrom));
  if (existsSync(resultsPath)) {
    const ofPart = JSON.parse(readFileSync(resultsPath, 'utf8')) as FileResult[];
    results.push(...ofPart.map((result) => ({ ...result, part })));
  }
  report(`${outcome.passed} passed, ${outcome.failed} failed in ${Math.round((performance.now() - startedAt) / 1_000)} s`);
  return outcome;
}

function outcomeOf(counted: Outcome | null, code: number | null): Outcome {
  if (!counted) return { passed: 0, failed: 1, skipped: 0 };
  return { ...counted, failed: code === 0 ? counted.failed : Math.max(counted.failed, 1) };
}

/** The files that failed, or the part itself if its process failed otherwise. */
function failedFilesOf({ part, outcome }: FailedPart): FailedPart[] {
  const failedFiles = results.filter((result) => result.part === part && result.failed > 0);
  const failedTests = failedFiles.reduce((sum, { failed }) => sum + failed, 0);
  if (failedTests !== outcome.failed) return [{ part, outcome }];
  return failedFiles.map((result) => ({ part: partOfFile(path.relative('', result.file), part.node), outcome: result }));
}

/**
 * In CI, runs once more what failed. The counts of what passes now replace those of its first run.
 * @param end in milliseconds since 1970
 */
async function runFailedAgain(failed: readonly FailedPart[], end?: number): Promise<void> {
  const again = failed.flatMap(failedFilesOf);
  if (!process.env.CI || again.length > runAgainMax) return;
  for (const { part, outcome } of again) {
    if (isInterrupted) return;
    const second = await run({ ...part, name: `again ${part.name}` }, end);
    if (second.failed > 0 || second.passed === 0) continue;
    unstable.push(part.name);
    outcomes.push({ passed: second.passed - outcome.passed, failed: -outcome.failed, skipped: second.skipped - outcome.skipped });
  }
}

/** @param end in milliseconds since 1970 */
async function runFullUntil(end: number): Promise<void> {
  for (const { parts, lanes, ...step } of stepsOfFull()) {
    repeatsMore = step.repeatsMore;
    const failed: FailedPart[] = [];
    const fullLane = async () => {
      for (let part = parts.shift(); part !== undefined && !isInterrupted; part = parts.shift()) {
        const outcome = await runFullPart(part, end);
        if (outcome.failed > 0) failed.push({ part, outcome });
      }
    };
    await Promise.all(Array.from({ length: lanes }, fullLane));
    await runFailedAgain(failed, end);
  }
}

async function runFullPart(part: Part, end: number): Promise<Outcome> {
  const isLate = Date.now() >= end;
  if (isLate) notRun.push(part.name);
  const outcome = isLate ? { passed: 0, failed: 0, skipped: 1 } : await run(part, end);
  outcomes.push(outcome);
  return outcome;
}

// A terminal signals all processes of its group. Another sender signals only this one. Mocha's
// wrapper passes on SIGINT only.
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.on(signal, () => {
    isInterrupted = true;
    process.exitCode = code;
    for (const interrupt of underWay) interrupt();
  });
}

const waiting = [...options.beside.map(partOf), ...partsOfTests()];
const running: Part[] = [];
const outcomes: Outcome[] = [];
const failedParts: FailedPart[] = [];
async function lane(): Promise<void> {
  for (let part = takeNext(); part !== undefined && !isInterrupted; part = takeNext()) {
    running.push(part);
    const outcome = await run(part);
    outcomes.push(outcome);
    if (outcome.failed > 0) failedParts.push({ part, outcome });
    running.splice(running.indexOf(part), 1);
  }
}
await Promise.all(Array.from({ length: laneCount }, lane));
await runFailedAgain(failedParts);
if (options.full) {
  waiting.push(...options['full-after'].map(partOf));
  await lane();
}
if (options['full-until'] !== undefined) await runFullUntil(Number(options['full-until']) * 1_000);

if (endless.length > 0)
  failures.push('', 'Unstable, ended after their counts, because their processes still ran:', ...endless.map((name) => `  ${name}`));
if (unstable.length > 0) failures.push('', 'Unstable, passed when run again, alone:', ...unstable.map((name) => `  ${name}`));
if (notRun.length > 0) failures.push('', 'Not run for lack of time:', ...notRun.map((name) => `  ${name}`));
if (failures.length > 0) console.log(failures.join('\n'));
if (options['save-durations'] && !isInterrupted) {
  // The first run of each file is the one without more rounds.
  const durations = Object.fromEntries(
    results
      .filter(({ part }) => part.node === ownNode)
      .map(({ file, ms }) => [path.relative(root, file), ms / 1_000] as const)
      .reverse(),
  );
  const exists = new Set(testFiles());
  const former = Object.entries(formerDurations).filter(([file]) => exists.has(file));
  saveDurations(durationsPath, { ...Object.fromEntries(former), ...durations });
}
const total = (of: keyof Outcome) => outcomes.reduce((sum, outcome) => sum + outcome[of], 0);
const skipped = total('skipped');
console.log(`\n${total('passed')} passed, ${total('failed')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
if (total('failed') > 0) process.exitCode ??= 1;
