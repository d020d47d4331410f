import { randomBytes } from 'node:crypto';
import type pg from 'pg';

/**
 * An idle pooler shows at the first comparison that it shares its connections. A busy one shows it
 * after several.
 */
const comparisonsMax = 10;

/**
 * Returns the problem with the pooler between this server and PostgreSQL. Null if there is no
 * problem, or no pooler. A pooler that gives each transaction another connection must keep prepared
 * statements itself. Otherwise a statement sometimes reaches a connection that does not know it.
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
    // A pooler gives the client an invented process number, because its connections are not the
    // client's.
    if ((await readPid(first)) === (first as unknown as { processID: number }).processID) return null;
    const second = await open();
    try {
      await second.query('BEGIN');
      await second.query('COMMIT');
    } catch (error) {
      return `points to a pooler that does not allow transactions (${(error as Error).message}). Set pool_mode = transaction in PgBouncer`;
    }
    if (!(await sharesConnections(first, second))) return null;
    if (await renamesStatements(first)) return null;
    return (
      'points to a pooler that uses a different connection for each transaction and does not support prepared statements. ' +
      'Set max_prepared_statements = 200 in PgBouncer (1.21 or newer), or pool_mode = session'
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

/**
 * Whether the pooler keeps prepared statements. It then gives each one a name of its own, so
 * PostgreSQL does not know ours.
 */
async function renamesStatements(client: pg.Client): Promise<boolean> {
  const name = `rollcall_${randomBytes(8).toString('hex')}`;
  const text = 'SELECT count(*)::integer AS known FROM pg_prepared_statements WHERE name = $1';
  const { rows } = await client.query<{ known: number }>({ name, text, values: [name] });
  return rows[0]!.known === 0;
}
