// The real server in a separate process, for tests that start several, kill them, or read their
// output.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { asApp } from './least-rights.ts';
import { passwordCostOfRun } from './password-cost.ts';
import { endWithRun } from './run-directory.ts';
import { sourceOptions } from './source-options.ts';

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface StartedProcess {
  readonly pid: number;
  /** Everything printed so far. */
  readonly stdout: string;
  readonly stderr: string;
  /** Resolves when the process has exited and all of its output was read. */
  readonly exit: Promise<Exit>;
  /**
   * The first line of either output, past or future, that matches. Rejects with the output if the
   * process exits first.
   */
  waitForLine(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>;
  kill(signal?: NodeJS.Signals): Promise<Exit>;
}

export interface StartProcessOptions {
  /**
   * Absolute, or relative to the repository. Defaults to SERVER_SCRIPT, or to the sources of the
   * server.
   */
  readonly script?: string;
  /** Defaults to the repository. */
  readonly cwd?: string;
  /** Options of Node. */
  readonly nodeArgs?: readonly string[];
}

/**
 * The wait for a line. It is below the time limit of a test, so that the output of the process is
 * printed.
 */
const lineMsMax = 50_000;
const repository = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Runs the server, by default from its sources: `startProcess(['start'], { PORT: '0' })`. It gets
 * only PATH, HOME, the cost of passwords and the given variables, so that a developer's own
 * DATABASE_URL or NODE_OPTIONS affects no test.
 */
export function startProcess(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  { script = process.env.SERVER_SCRIPT ?? 'server/src/main.ts', cwd = repository, nodeArgs = [] }: StartProcessOptions = {},
): StartedProcess {
  const loaderArgs = script.endsWith('.js') ? [] : sourceOptions;
  const inherited = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' };
  const child = spawn(process.execPath, [...nodeArgs, ...loaderArgs, path.resolve(repository, script), ...args], {
    cwd,
    env: { ...inherited, ...passwordCostOfRun(), ...asApp(env) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  endWithRun(child, 'KILL');

  const exit = new Promise<Exit>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  const output = collectOutput(child);
  return {
    pid: child.pid ?? -1,
    exit,
    get stdout() {
      return output.stdout();
    },
    get stderr() {
      return output.stderr();
    },
    waitForLine: (pattern, timeoutMs = lineMsMax) => waitForLine(output, exit, pattern, timeoutMs),
    kill(signal = 'SIGTERM') {
      child.kill(signal);
      return exit;
    },
  };
}

interface Output {
  stdout(): string;
  stderr(): string;
  /** Whole lines of both outputs, in the order they were read. */
  readonly lines: readonly string[];
  /** Called after each new line, until the returned function is called. */
  onLine(listener: () => void): () => void;
}

function collectOutput(child: ChildProcessByStdio<null, Readable, Readable>): Output {
  const lines: string[] = [];
  const listeners = new Set<() => void>();
  const collect = (stream: Readable) => {
    // A line is a part of its chunk. Searched in one long text instead, each would keep the whole
    // text before it in memory: gigabytes for a server that prints a line for each write.
    const chunks: string[] = [];
    let begun = '';
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      chunks.push(chunk);
      const [first, ...others] = chunk.split('\n');
      begun += first;
      for (const next of others) {
        lines.push(begun);
        begun = next;
      }
      for (const listener of listeners) listener();
    });
    stream.on('end', () => {
      // A last line without a line break.
      if (begun) lines.push(begun);
    });
    return () => chunks.join('');
  };
  return {
    stdout: collect(child.stdout),
    stderr: collect(child.stderr),
    lines,
    onLine(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function waitForLine(output: Output, exit: Promise<Exit>, pattern: RegExp, timeoutMs: number): Promise<RegExpExecArray> {
  // A global or sticky pattern would continue after its last match.
  const stateless = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''));
  return new Promise((resolve, reject) => {
    let searched = 0;
    const search = () => {
      for (; searched < output.lines.length; searched++) {
        const match = stateless.exec(output.lines[searched]!);
        if (!match) continue;
        finish();
        resolve(match);
        return true;
      }
      return false;
    };
    const fail = (reason: string) => {
      finish();
      reject(new Error(`no line matched ${pattern}: ${reason}. It printed:\n${output.lines.slice(-40).join('\n')}`));
    };
    const timer = setTimeout(() => fail(`waited ${timeoutMs} ms`), timeoutMs);
    const removeListener = output.onLine(search);
    const finish = () => {
      clearTimeout(timer);
      removeListener();
    };
    if (search()) return;
    exit.then(
      ({ code, signal }) => search() || fail(`the process ended with ${signal ?? `code ${code}`}`),
      (error: Error) => fail(error.message),
    );
  });
}
