import { setTimeout as sleep } from 'node:timers/promises';
import { createRollcall } from '../../compose/create-rollcall.ts';
import { parseConfig } from '../../config.ts';
import type { Database } from '../../database/database.ts';
import { TrustWaitStoppedError } from '../../database/installation/trust-wait-stopped-error.ts';
import { MigrationsStoppedError } from '../../database/migrations/migrations-stopped-error.ts';
import { createLog, type Log, type LogLevel } from '../../runtime/log.ts';
import { StartupError } from '../../runtime/startup-error.ts';
import { openSample, type Sample } from '../../sample/open-sample.ts';
import { readEnvironment } from '../environment.ts';
import { onSignal } from '../on-signal.ts';
import { describeServer } from './banner.ts';
import { MigrationReport } from './migration-report.ts';

/**
 * Requests in progress have 5 s. If the stop still takes longer after its delay, the database no
 * longer responds.
 */
const stopMsMax = 10_000;

/** Resolves when the server has stopped. */
export async function runServer(): Promise<void> {
  const config = parseConfig(readEnvironment());
  for (const warning of config.warnings) console.error(`rollcall: ${warning}`);
  let sample: Sample | null = null;
  using report = new MigrationReport((line) => console.error(`rollcall: ${line}`));
  const rollcall = createRollcall(config, {
    log: createLog(config.logLevel),
    reportMigration: report.take,
    prepare: async (writePath) => {
      sample = await openSample(writePath);
    },
  });
  // SIGHUP ends a process by default. Operators send it to reopen logs, and a terminal sends it
  // when it closes. Neither should stop a server.
  process.on('SIGHUP', () => {});
  let log: Log | null = null;
  process.on('SIGUSR2', () => {
    if (log) switchDebug(log, config.logLevel);
  });
  let isStopping = false;
  const stopped = onSignal(() => {
    isStopping = true;
    return Promise.race([rollcall.stop(), giveUp(config.stopDelaySeconds * 1_000 + stopMsMax)]);
  });
  try {
    await rollcall.start();
  } catch (error) {
    if (!(error instanceof MigrationsStoppedError || error instanceof TrustWaitStoppedError)) throw error;
    // The start was aborted by a request to stop, which is not a failure.
    console.error(`rollcall: ${error.message}`);
    return;
  }
  const { writePath } = rollcall.services;
  log = writePath.log;
  if (!isStopping) greet(describeServer(rollcall.url, config, sample));
  await Promise.race([stopped, failWhenLost(writePath.database)]);
}

/** Ends the process, so that a service manager starts it again, with the database. */
async function failWhenLost({ lost }: Database): Promise<never> {
  await lost;
  throw new StartupError('The embedded database stopped unexpectedly. Start the server again.');
}

/** Switches between the configured level and `debug`. The log contains each switch. */
function switchDebug(log: Log, configured: LogLevel): void {
  const level = log.level === 'debug' ? configured : 'debug';
  log.level = 'debug';
  log.info({ logLevel: level }, 'SIGUSR2 changed the log level');
  log.level = level;
}

/**
 * Prints text for people: on stdout if it is a terminal. Otherwise stdout contains only the log,
 * one JSON object per line.
 */
function greet(text: string): void {
  (process.stdout.isTTY ? process.stdout : process.stderr).write(`${text}\n`);
}

async function giveUp(afterMs: number): Promise<never> {
  await sleep(afterMs);
  throw new StartupError(`The server did not stop within ${afterMs / 1_000} s. The process exits anyway.`);
}
