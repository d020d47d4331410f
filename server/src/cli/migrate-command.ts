import { Argument, type Command } from 'commander';
import { openDatabase } from '../compose.ts';
import { parseConfig } from '../config.ts';
import type { Db } from '../database/database.ts';
import { migrateUp, readMigrationStates } from '../database/migrate.ts';
import { createLog } from '../runtime/log.ts';
import { readEnvironment } from './environment.ts';

export function addMigrateCommand(program: Command): void {
  program
    .command('migrate')
    .description('run the migrations that are missing, or say which are (start runs them too)')
    .addArgument(new Argument('[what]', 'up runs them, status lists them').choices(['up', 'status']).default('up'))
    .action(migrate);
}

async function migrate(what: 'up' | 'status'): Promise<void> {
  const config = parseConfig(readEnvironment());
  const database = await openDatabase(config, createLog(config.logLevel));
  try {
    console.log(what === 'up' ? await runMissing(database.db) : await listAll(database.db));
  } finally {
    await database.close();
  }
}

async function runMissing(db: Db): Promise<string> {
  const ran = await migrateUp(db);
  return ran.length === 0 ? 'All migrations have run already.' : ran.map((name) => `ran ${name}`).join('\n');
}

async function listAll(db: Db): Promise<string> {
  const states = await readMigrationStates(db);
  return states
    .map(({ name, executedAt }) => `${executedAt ? `ran ${executedAt.toISOString()}` : 'to run'.padEnd(28)}  ${name}`)
    .join('\n');
}
