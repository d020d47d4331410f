import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { createRollcall } from '../compose.ts';
import { parseConfig } from '../config.ts';
import { createLog } from '../runtime/log.ts';
import { StartupError } from '../runtime/startup-error.ts';
import { openSample, type Sample } from '../sample/open-sample.ts';
import { describeServer } from './banner.ts';
import { readEnvironment } from './environment.ts';
import { onSignal } from './on-signal.ts';

/** Requests under way have 5 s; what is left over then is a database that no longer answers. */
const stopMsMax = 10_000;

export function addStartCommand(program: Command): void {
  program
    .command('start')
    .description('run the server: REST and Socket.IO on one port')
    .addHelpText('after', '\nAn empty embedded database (no DATABASE_URL) gets a sample organization to look at.')
    .action(start);
}

async function start(): Promise<void> {
  const config = parseConfig(readEnvironment());
  let sample: Sample | null = null;
  const rollcall = createRollcall(config, {
    log: createLog(config.logLevel),
    prepare: async (writePath) => {
      sample = await openSample(writePath);
    },
  });
  let isStopping = false;
  const stopped = onSignal(() => {
    isStopping = true;
    return Promise.race([rollcall.stop(), giveUp()]);
  });
  await rollcall.start();
  if (!isStopping) console.log(describeServer(rollcall.url, config, sample));
  await stopped;
}

async function giveUp(): Promise<never> {
  await sleep(stopMsMax);
  throw new StartupError(`The server did not stop within ${stopMsMax / 1_000} s; it ends anyway.`);
}
