import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { endWithRun } from '../../../test/support/run-directory.ts';

/** Starts the processes of the benchmark. Each ends with the run at the latest. */

export interface StartedProcess {
  readonly pid: number;
  readonly child: ChildProcess;
  kill(signal: NodeJS.Signals): Promise<void>;
}

const inherited = { PATH: process.env.PATH ?? '', NODE_ENV: 'production' };

/**
 * Makes a server collect its garbage, so that its resident memory is what it needs. The script is
 * preloaded, without the server's involvement.
 */
export const collectSignal = 'SIGUSR2';
const collectOnSignal = `process.on('${collectSignal}', () => { globalThis.gc(); globalThis.gc(); });`;
const preload = ['--expose-gc', '--import', `data:text/javascript,${encodeURIComponent(collectOnSignal)}`];

/**
 * Starts a peer's server, built like Rollcall's. Otherwise TypeScript's loader would count as its
 * memory.
 */
export function forkServer(name: string, env: Readonly<Record<string, string>>): StartedProcess {
  return forkFile(`../../dist/${name}.js`, preload, env);
}

/** Starts a program of the benchmark, by its path below src/. */
export function forkProgram(program: string): StartedProcess {
  return forkFile(`../${program}`, ['--import', import.meta.resolve('tsx')], {});
}

/** Sends a request to a program of the benchmark, and resolves to its only response. */
export async function callProgram<Response>(program: string, request: object): Promise<Response> {
  const { child, kill } = forkProgram(program);
  child.send(request);
  const failed = once(child, 'exit').then(() => {
    throw new Error(`${program} exited before it returned a result`);
  });
  failed.catch(() => {});
  const [response] = (await Promise.race([once(child, 'message'), failed])) as [Response];
  await kill('SIGTERM');
  return response;
}

function forkFile(file: string, execArgv: readonly string[], env: Readonly<Record<string, string>>): StartedProcess {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), {
    execArgv: [...execArgv],
    env: { ...inherited, ...env },
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  return started(child);
}

interface NodeOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** The path of a Node.js. */
  readonly node?: string;
}

export function spawnNode(args: readonly string[], { env, cwd, node = process.execPath }: NodeOptions): StartedProcess {
  return started(spawn(node, [...preload, ...args], { cwd, env: { ...inherited, ...env }, stdio: ['ignore', 'ignore', 'pipe'] }));
}

function started(child: ChildProcess): StartedProcess {
  endWithRun(child, 'KILL');
  return {
    pid: child.pid!,
    child,
    async kill(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill(signal);
      await exited;
    },
  };
}
