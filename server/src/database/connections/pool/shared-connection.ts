import type { PostgresPool, PostgresPoolClient } from 'kysely';
import { onePerClient } from './one-per-client.ts';

/** The time from the first caller's arrival until the last caller has left. */
interface Use {
  readonly client: Promise<SharedClient>;
  users: number;
}

interface SharedClient extends PostgresPoolClient {
  /** The use in progress. The pool gives out the connection again only after this use has ended. */
  use: Use | null;
}

/**
 * A pool of one connection, shared by all callers that need it at about the same time. Their
 * statements are sent together and run in that order. Use it for small lookups, never for a
 * transaction.
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
        // The connection may have failed: later callers wait for another one.
        if (current === shared.use) current = null;
        throw error;
      }
    };
    const shared: SharedClient = {
      use: null,
      query: query as PostgresPoolClient['query'],
      release: () => leave(shared.use!, client),
    };
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
    options: pool.options,
  };
}
