import type { PostgresPool, PostgresPoolClient } from 'kysely';
import { onePerClient } from './one-per-client.ts';

/** From when somebody comes until nobody is there. */
interface Use {
  readonly client: Promise<SharedClient>;
  users: number;
}

interface SharedClient extends PostgresPoolClient {
  /** The latest. While it lasts, nobody of an earlier one is there. */
  use: Use | null;
}

/**
 * A pool of one connection, which whoever comes while it is in use uses too: what is asked for at about the same time is
 * sent together, and answered in that order. For small look-ups, and never for a transaction.
 */
export function sharedConnection(pool: PostgresPool): PostgresPool {
  const sharedOf = onePerClient(share);
  let current: Use | null = null;

  function leave(use: Use, client: PostgresPoolClient | null): void {
    if (--use.users > 0 && client) return;
    if (current === use) current = null;
    client?.release();
  }

  function share(client: PostgresPoolClient): SharedClient {
    const query = async (text: string, parameters: readonly unknown[]) => {
      try {
        return await client.query(text, parameters);
      } catch (error) {
        // Whoever comes from now on does not get into what may be trouble with the connection.
        if (current === shared.use) current = null;
        throw error;
      }
    };
    const shared: SharedClient = { use: null, query: query as PostgresPoolClient['query'], release: () => leave(shared.use!, client) };
    return shared;
  }

  return {
    async connect() {
      current ??= { client: pool.connect().then(sharedOf), users: 0 };
      const use = current;
      use.users++;
      const client = await use.client.catch((error: unknown) => {
        leave(use, null);
        throw error;
      });
      client.use = use;
      return client;
    },
    end: () => pool.end(),
  };
}
