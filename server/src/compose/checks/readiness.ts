import type { Database, Db } from '../../database/database.ts';
import { readMigrationStates } from '../../database/migrations/migration-states.ts';
import type { ReadPath } from '../../read-path/read-path.ts';
import { CachedValue } from '../../runtime/collections/cached-value.ts';

/** A feed that lags for longer makes replicas stale: the lease of a back end is 5 s (rule F2). */
const feedLagMsMax = 5_000;

/** All probes within a second share one query of the database. */
const ageMsMax = 1_000;
/** The longest wait for the database, much longer than a healthy one needs. */
const waitMsMax = 2_000;

/**
 * Returns a probe for the problem that prevents this instance from serving, or null. A cause that
 * all instances share, such as a read-only database, is not one: without any ready instance, a
 * balancer would refuse the reads too. The operator sees it in `/api/operator/health/`
 * (docs/adr/0051). Another instance may reach a database that this one can't reach. Probes share
 * the response of the database, and never wait for commands.
 */
export function readinessOf(database: Database, readPath: ReadPath, settingsProblem: () => string | null): () => Promise<string | null> {
  const databaseProblem = new CachedValue(() => checkDatabase(database.probes), {
    ageMsMax,
    waitMsMax,
    fallback: 'the database cannot be reached',
  });
  return async () => {
    const problem = await databaseProblem.read();
    if (problem !== null) return problem;
    // One organization whose log can't be read must not take the instance from others (rule R11).
    if (readPath.mostLagBy(feedLagMsMax)) return 'feeds do not keep up with the log';
    return settingsProblem();
  };
}

async function checkDatabase(db: Db): Promise<string | null> {
  try {
    const pending = (await readMigrationStates(db)).filter(({ executedAt }) => executedAt === null);
    if (pending.length > 0) return `pending migrations: ${pending.map(({ name }) => name).join(', ')}`;
    return null;
  } catch {
    return 'the database cannot be reached';
  }
}
