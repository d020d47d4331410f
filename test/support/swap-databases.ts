import { eventually } from './eventually.ts';
import { type Postgres, sharedPostgres, type TestDatabase, withClient } from './postgres.ts';

/**
 * PostgreSQL waits 5 s for a server that connects between two of the statements, and then refuses.
 * On a busy machine, that happens several times.
 */
const timeoutMs = 60_000;

/**
 * Gives a backup on the same PostgreSQL the name of a database, which gets the backup's name. The
 * servers that use the database connect again, and the backup must not have connections.
 * @param postgres the shared one by default
 */
export async function swapDatabases(
  { name }: TestDatabase,
  backup: TestDatabase,
  postgres: Pick<Postgres, 'url'> | null = null,
): Promise<void> {
  const { url } = postgres ?? (await sharedPostgres());
  await withClient(url, (client) =>
    // Sent as one query, so it is one transaction, and a server connects again after it.
    eventually(
      () =>
        client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IN ('${name}', '${backup.name}');
        ALTER DATABASE ${name} RENAME TO ${name}_former;
        ALTER DATABASE ${backup.name} RENAME TO ${name};
        ALTER DATABASE ${name}_former RENAME TO ${backup.name}`),
      { timeoutMs },
    ),
  );
}
