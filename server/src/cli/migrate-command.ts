import { Argument, type Command } from 'commander';
import { migrate, openDatabase } from '../compose/open-database.ts';
import { parseConfig } from '../config.ts';
import type { Database } from '../database/database.ts';
import { readMigrationStates } from '../database/migrations/migration-states.ts';
import { createLog } from '../runtime/log.ts';
import { readEnvironment } from './environment.ts';
import { MigrationReport } from './migration-report.ts';
import { onSignal } from './on-signal.ts';

export function addMigrateCommand(program: Command): void {
  program
    .command('migrate')
    .description('run the pending migrations, or list all migrations (start also runs them)')
    .addArgument(new Argument('[what]', 'up runs the pending migrations, status lists all').choices(['up', 'status']).default('up'))
    .action(runMigrate);
}

async function runMigrate(what: 'up' | 'status'): Promise<void> {
  const config = parseConfig(readEnvironment());
  const database = await openDatabase(config, createLog(config.logLevel));
  try {
    console.log(what === 'up' ? await runMissing(database) : await listAll(database));
  } finally {
    await database.close();
  }
}

async function runMissing(database: Database): Promise<string> {
  const stopRequest = new AbortController();
  void onSignal(async () => stopRequest.abort());
  using report = new MigrationReport((line) => console.error(`rollcall: ${line}`));
  const ran = await migrate(database, { signal: stopRequest.signal, report: report.take });
  return ran.length === 0 ? 'There are no pending migrations.' : ran.map((name) => `ran ${name}`).join('\n');
}

async function listAll({ db }: Database): Promise<string> {
  const states = await readMigrationStates(db);
  return states
    .map(({ name, executedAt }) => `${executedAt ? `ran ${executedAt.toISOString()}` : 'pending'.padEnd(28)}  ${name}`)
    .join('\n');
}
