import type { PostgresPool, PostgresPoolClient } from 'kysely';

interface Shared {
  readonly client: Promise<PostgresPoolClient>;
  users: number;
}

/**
 * A pool of one connection, which whoever comes while it is in use uses too: what is asked for at about the same time is
 * sent together, and answered in that order. For small look-ups, and never for a transaction.
 */
export function sharedConnection(pool: PostgresPool): PostgresPool {
  let current: Shared | null = null;
  return {
    async connect() {
      current ??= { client: pool.connect(), users: 0 };
      const shared = current;
      shared.users++;
      const leave = (client: PostgresPoolClient | null) => {
        if (--shared.users > 0 && client) return;
        if (current === shared) current = null;
        client?.release();
      };
      const client = await shared.client.catch((error: unknown) => {
        leave(null);
        throw error;
      });
      const query = async (text: string, parameters: readonly unknown[]) => {
        try {
          return await client.query(text, parameters);
        } catch (error) {
          // Whoever comes from now on does not get into what may be trouble with the connection.
          if (current === shared) current = null;
          throw error;
        }
      };
      return { query: query as PostgresPoolClient['query'], release: () => leave(client) };
    },
    end: () => pool.end(),
  };
}
