// Starts a database server that tests need and waits until it answers.
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { endWithRun } from './run-directory.ts';

export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** What the server prints is appended here; its end is part of the error when the server doesn't start. */
  readonly logFile: string;
  /** Undefined: as ourselves. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  /** How the server is ended when the test process is gone. */
  readonly lastSignal: 'KILL' | 'QUIT';
  /** Rejects as long as the server doesn't answer. */
  ping(): Promise<unknown>;
}

export interface ServerProcess {
  signal(signal: NodeJS.Signals): void;
  /** Sends the signal and waits for the end; kills the server if that takes over 10 s. */
  end(signal: NodeJS.Signals): Promise<void>;
}

const startTimeoutMs = 15_000;
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
    // In this order: on a port that another server took first, it is that server which answered.
    if (failure) break;
    if (answered) return;
    if (performance.now() > deadline) {
      failure = `no answer within ${startTimeoutMs / 1000} s`;
      child.kill('SIGKILL');
      break;
    }
  }
  const lastLines = readFileSync(command.logFile, 'utf8').trimEnd().split('\n').slice(-15).join('\n');
  throw new Error(`${command.command} did not start: ${failure}\n${lastLines}`);
}
