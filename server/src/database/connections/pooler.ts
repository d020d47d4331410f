import { randomBytes } from 'node:crypto';
import type pg from 'pg';

/** A pooler that is quiet shows at the first comparison that it shares its connections; a busy one after some. */
const comparisonsMax = 10;

/**
 * What is wrong with the pooler between us and PostgreSQL, if there is one. One that gives each transaction another
 * connection must keep prepared statements itself: else a statement is not known, now and then, where it is sent to.
 */
export async function findPoolerProblem(connect: () => Promise<pg.Client>): Promise<string | null> {
  const clients: pg.Client[] = [];
  const open = async () => {
    const client = await connect();
    clients.push(client);
    return client;
  };
  try {
    const first = await open();
    // A pooler makes up the number that it gives a client, since its connections are not the client's.
    if ((await readPid(first)) === (first as unknown as { processID: number }).processID) return null;
    const second = await open();
    try {
      await second.query('BEGIN');
      await second.query('COMMIT');
    } catch (error) {
      return `leads to a pooler that allows no transactions (${(error as Error).message}): set pool_mode = transaction in PgBouncer`;
    }
    if (!(await sharesConnections(first, second))) return null;
    if (await renamesStatements(first)) return null;
    return (
      'leads to a pooler that gives each transaction another connection and does not keep prepared statements: ' +
      'set max_prepared_statements = 200 in PgBouncer (1.21 or newer), or pool_mode = session'
    );
  } finally {
    await Promise.all(clients.map((client) => client.end().catch(() => {})));
  }
}

async function readPid(client: pg.Client): Promise<number> {
  return (await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]!.pid;
}

async function sharesConnections(first: pg.Client, second: pg.Client): Promise<boolean> {
  const [ofFirst, ofSecond] = [new Set<number>(), new Set<number>()];
  for (let comparison = 0; comparison < comparisonsMax; comparison++) {
    ofFirst.add(await readPid(first));
    ofSecond.add(await readPid(second));
    if (ofFirst.size > 1 || ofSecond.size > 1 || [...ofFirst].some((pid) => ofSecond.has(pid))) return true;
  }
  return false;
}

/** A pooler that keeps prepared statements gives each a name of its own, so ours is unknown to PostgreSQL. */
async function renamesStatements(client: pg.Client): Promise<boolean> {
  const name = `rollcall_${randomBytes(8).toString('hex')}`;
  const text = 'SELECT count(*)::integer AS known FROM pg_prepared_statements WHERE name = $1';
  const { rows } = await client.query<{ known: number }>({ name, text, values: [name] });
  return rows[0]!.known === 0;
}
