import type { PostgresPool, PostgresPoolClient } from 'kysely';

/** The time from the first caller's arrival until the last caller has left. */
interface Use {
  readonly client: Promise<PostgresPoolClient>;
  users: number;
}

/**
 * A pool of one connection, shared by all callers that need it at about the same time. Their
 * statements are sent together and run in that order. Use it for small lookups, never for a
 * transaction.
 */
export function sharedConnection(pool: PostgresPool): PostgresPool {
  let current: Use | null = null;

  function leave(use: Use, client: PostgresPoolClient | null): void {
    if (--use.users > 0 && client) return;
    if (current === use) current = null;
    client?.release();
  }

  function share(use: Use, client: PostgresPoolClient): PostgresPoolClient {
    const query = async (text: string, parameters: readonly unknown[]) => {
      try {
        return await client.query(text, parameters);
      } catch (error) {
        // The connection may have failed: later callers wait for another one.
        if (current === use) current = null;
        throw error;
      }
    };
    return { query: query as PostgresPoolClient['query'], release: () => leave(use, client) };
  }

  return {
    async connect() {
      current ??= { client: pool.connect(), users: 0 };
      const use = current;
      use.users++;
      const client = await use.client.catch((error: unknown) => {
        leave(use, null);
        throw error;
      });
      return share(use, client);
    },
    end: () => pool.end(),
  };
}
