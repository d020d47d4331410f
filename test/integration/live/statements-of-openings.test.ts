import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { hashToken } from '../../../server/src/runtime/secrets/hash-token.ts';
import { type CountedStatements, countStatements } from '../../support/counted-statements.ts';
import { eventually } from '../../support/eventually.ts';
import { aMigratedDatabase } from '../../support/migrated-database.ts';
import { type TestDatabase, withClient } from '../../support/postgres.ts';
import { anOrganizationOf, aPerson } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { type WireCredential, WireReplica } from '../../support/wire-replica.ts';

/** They fit into one batch of feeds, after the one that the first of them begins. */
const organizationCount = 60;
const createdAtOnce = 10;

interface Owner {
  readonly slug: string;
  readonly credential: WireCredential;
}

/**
 * The number of statements when the owners of many organizations arrive together: half of them with
 * a token, half with a session. A lock on a table holds back the first read, so that all others
 * arrive before it ends, on any machine.
 */
describe(`${organizationCount} organizations whose owners arrive together`, function () {
  // Creating the organizations takes most of it on a busy machine.
  this.timeout(240_000);
  let database: TestDatabase;
  let counted: CountedStatements;
  let server: TestServer;
  const owners: Owner[] = [];

  before(async () => {
    database = await aMigratedDatabase();
    counted = await countStatements(database.url);
    const url = new URL(counted.url);
    url.searchParams.set('lock_timeout', '60000');
    url.searchParams.set('query_timeout', '60000');
    server = await startServer({ DATABASE_URL: url.href, LIMIT_IDLE_FEED_SECONDS: '3600', LIMIT_SOCKET_CONNECT_MS: '60000' });
    while (owners.length < organizationCount) {
      owners.push(...(await Promise.all(Array.from({ length: createdAtOnce }, (_, index) => createOwner(index % 2 === 0)))));
    }
  });
  after(async () => {
    await server?.stop();
    await counted?.close();
    await database?.drop();
  });

  async function createOwner(hasSession: boolean): Promise<Owner> {
    const person = await aPerson(server);
    const { slug } = await anOrganizationOf(server, person);
    return { slug, credential: hasSession ? await openSession(person.userId) : person.token };
  }

  async function openSession(userId: string): Promise<WireCredential> {
    const token = randomUUID();
    const session = { user_id: userId, token_hash: hashToken(token), expires_at: '2100-01-01T00:00:00Z' };
    await server.services.db.insertInto('sessions').values(session).execute();
    return { cookie: server.services.sessionCookie.write(token).split(';')[0]! };
  }

  /**
   * Sends requests while reads of the tables wait. Returns the transactions from then on until the
   * last response, without those of sweeps.
   */
  async function countWhileHeld<T>(tables: string, send: () => Promise<readonly Promise<T>[]>): Promise<[T[], readonly string[][]]> {
    const answering = await withClient(database.url, async (client) => {
      await client.query(`BEGIN; LOCK TABLE ${tables}`);
      counted.take();
      const sent = await send();
      // The server receives a request that is sent later, so it has received those too.
      assert.equal((await fetch(`${server.url}/readyz`)).status, 200);
      await client.query('COMMIT');
      return sent;
    });
    const answers = await Promise.all(answering);
    const isOfSweep = (statements: readonly string[]) => statements.some((text) => text.includes('pg_current_snapshot'));
    return [answers, counted.take().flatMap(({ statements }) => (isOfSweep(statements) ? [] : [[...statements]]))];
  }

  const connect = () =>
    countWhileHeld('auth_tokens, sessions', async () => {
      const replicas = owners.map(({ credential }) => new WireReplica(server.url, credential));
      const connecting = replicas.map(async (replica) => {
        await new Promise((resolve, reject) => replica.socket.once('connect', () => resolve(null)).once('connect_error', reject));
        return replica;
      });
      // A client sends its credential as soon as its transport is open.
      await eventually(() => assert.equal(replicas.filter(({ socket }) => socket.io.engine?.readyState !== 'open').length, 0), {
        timeoutMs: 60_000,
      });
      return connecting;
    });

  const subscribe = (replicas: readonly WireReplica[], heldTable: string) =>
    countWhileHeld(heldTable, async () =>
      replicas.map(async (replica, index) => {
        assert.equal((await replica.subscribe(owners[index]!.slug)).mode, 'snapshot');
        await replica.live();
      }),
    );

  it('[R10] take two reads of tokens and two of sessions for all handshakes', async () => {
    const [replicas, sent] = await connect();
    assertReads(sent, { tokens: 2, sessions: 2 });
    for (const replica of replicas) replica.close();
  });

  it('[R10] take two batches of feeds to open, and two reads of names and of access', async () => {
    const [replicas] = await connect();
    const [, sent] = await subscribe(replicas, 'organizations');
    assertReads(sent, { names: 2, access: 2, feeds: 2 });
    for (const replica of replicas) replica.close();
  });

  it('[R10] take two reads of heads for all subscriptions while their feeds are open', async () => {
    const [leaving] = await connect();
    await subscribe(leaving, 'organizations');
    for (const replica of leaving) replica.close();
    const [replicas] = await connect();
    const [, sent] = await subscribe(replicas, 'org_heads');
    assertReads(sent, { heads: 2 });
    for (const replica of replicas) replica.close();
  });
});

/**
 * The reads of arriving clients, by the beginning of their first statement, or of the first one
 * behind the seal in a transaction that reads the seal of the database too.
 */
const reads = {
  tokens: /^select "auth_tokens"/,
  sessions: /^select "sessions"/,
  names: /^(in a transaction: )?select "id", "slug" from "organizations"/,
  access: /^(in a transaction: )?select "(organizations|callers)"/,
  feeds: /^in a transaction: select "organization_id", "epoch"/,
  heads: /^select "organization_id", "epoch"/,
};

/** A request that arrives late takes one more. */
const lateMax = 1;

/**
 * Asserts the number of reads of each kind, and that nothing else is sent once per organization.
 */
function assertReads(sent: readonly (readonly string[])[], expected: Partial<Record<keyof typeof reads, number>>): void {
  const list = sent.map((statements) => statements.map((text) => text.replace(/\s+/g, ' ').slice(0, 100)).join('; ')).join('\n');
  for (const kind of Object.keys(reads) as (keyof typeof reads)[]) {
    const count = sent.filter((statements) => reads[kind].test(beginningOf(statements))).length;
    const countMax = kind in expected ? expected[kind]! + lateMax : 0;
    assert.ok(count <= countMax, `${count} reads of ${kind} instead of ${countMax}:\n${list}`);
  }
  // Some are of work that an instance does every second.
  assert.ok(sent.flat().length < organizationCount, `${sent.flat().length} statements:\n${list}`);
}

function beginningOf([first = '', ...later]: readonly string[]): string {
  if (!first.startsWith('start transaction')) return first;
  return `in a transaction: ${later.find((text) => !/^\s*SELECT seal\.value/.test(text)) ?? ''}`;
}
