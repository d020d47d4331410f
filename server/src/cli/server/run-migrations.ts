import { migrate, needsNewDatabase, openDatabase } from '../../compose/open-database.ts';
import { findSecret } from '../../config/keep-secret.ts';
import { type Config, parseConfig } from '../../config.ts';
import type { Database } from '../../database/database.ts';
import { newDatabaseStates, readMigrationStates } from '../../database/migrations/migration-states.ts';
import { createLog } from '../../runtime/log.ts';
import { readEnvironment } from '../environment.ts';
import { onSignal } from '../on-signal.ts';
import { MigrationReport } from './migration-report.ts';

export async function runMissing(): Promise<void> {
  const stopRequest = new AbortController();
  void onSignal(async () => stopRequest.abort());
  using report = new MigrationReport((line) => console.error(`rollcall: ${line}`));
  const options = { signal: stopRequest.signal, report: report.take };
  const ran = await withDatabase(parseConfig(readEnvironment()), (database) => migrate(database, options));
  console.log(ran.length === 0 ? 'There are no pending migrations.' : ran.map((name) => `ran ${name}`).join('\n'));
}

/** Creates neither a secret nor a database. */
export async function listAll(): Promise<void> {
  const config = parseConfig(readEnvironment(), findSecret);
  const states = needsNewDatabase(config) ? newDatabaseStates() : await withDatabase(config, ({ db }) => readMigrationStates(db));
  for (const { name, executedAt } of states)
    console.log(`${executedAt ? `ran ${executedAt.toISOString()}` : 'pending'.padEnd(28)}  ${name}`);
}

async function withDatabase<T>(config: Config, work: (database: Database) => Promise<T>): Promise<T> {
  const database = await openDatabase(config, createLog(config.logLevel));
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}
