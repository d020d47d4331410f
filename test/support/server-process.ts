// Starts a database server for tests and waits until it responds.
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { endWithRun } from './run-directory.ts';

export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /**
   * The server's output is appended here. Its end is part of the error if the server doesn't start.
   */
  readonly logFile: string;
  /** Undefined for the current user. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  /** The signal that ends the server when the test process has exited. */
  readonly lastSignal: 'KILL' | 'QUIT';
  /** Rejects while the server doesn't respond. */
  ping(): Promise<unknown>;
}

export interface ServerProcess {
  signal(signal: NodeJS.Signals): void;
  /** Sends the signal and waits for the exit. Kills the server after 10 s. */
  end(signal: NodeJS.Signals): Promise<void>;
}

const startTimeoutMs = 60_000;
const endTimeoutMs = 10_000;

export async function startServerProcess(command: ServerCommand): Promise<ServerProcess> {
  const log = openSync(command.logFile, 'a');
  const options: SpawnOptions = { cwd: command.cwd, env: command.env, stdio: ['ignore', log, log], detached: true, ...command.user };
  const child = spawn(command.command, command.args, options);
  closeSync(log);
  endWithRun(child, command.lastSignal);
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });

  await waitUntilUp(command, child);
  return {
    signal: (signal) => void child.kill(signal),
    async end(signal) {
      child.kill(signal);
      const giveUp = setTimeout(() => child.kill('SIGKILL'), endTimeoutMs);
      await exited;
      clearTimeout(giveUp);
    },
  };
}

async function waitUntilUp(command: ServerCommand, child: ChildProcess): Promise<void> {
  let failure: string | undefined;
  child.once('error', (error) => {
    failure = error.message;
  });
  child.once('exit', (code, signal) => {
    failure ??= `it ended with ${signal ?? `code ${code}`}`;
  });

  for (const deadline = performance.now() + startTimeoutMs; ; await sleep(5)) {
    const answered = await command.ping().then(
      () => true,
      () => false,
    );
    // Check the failure first: on a port that another server took, that server responded to the
    // ping.
    if (failure) break;
    if (answered) return;
    if (performance.now() > deadline) {
      failure = `no response within ${startTimeoutMs / 1000} s`;
      child.kill('SIGKILL');
      break;
    }
  }
  const lastLines = readFileSync(command.logFile, 'utf8').trimEnd().split('\n').slice(-15).join('\n');
  throw new Error(`${command.command} did not start: ${failure}\n${lastLines}`);
}
