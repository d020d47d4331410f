import assert from 'node:assert/strict';
import pg from 'pg';
import { eventually } from '../../support/eventually.ts';
import { anOrganizationOf, aPerson, nextNumber, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { WireReplica } from '../../support/wire-replica.ts';

/**
 * Errors that PostgreSQL may raise without a mistake of the server:
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const faultCodes = [
  ...['08000', '08001', '08003', '08004', '08006', '08007', '08P01'],
  ...['25006', '25P03', '25P04'],
  ...['26000', '28000', '28P01', '3D000', '42501', '42P05'],
  ...['40001', '40003', '40P01'],
  ...['53000', '53100', '53200', '53300', '53400'],
  ...['55006', '55P03'],
  ...['57000', '57014', '57P01', '57P02', '57P03', '57P04', '57P05'],
  ...['58000', '58030', '58P01', '58P02'],
];
/** Errors after which other writes fail too. */
const writeStoppingCodes = ['25006', '53100', '53300', '58000', '58030'];

describe('faults of the database', () => {
  let server: TestServer;
  let client: pg.Client;
  let owner: Person;
  let org: ProvisionedOrg;

  before(async () => {
    server = await startServer({ LOG_LEVEL: 'silent' });
    client = new pg.Client(server.config.databaseUrl!);
    client.on('error', () => {});
    await client.connect();
    owner = await aPerson(server);
    org = await anOrganizationOf(server, owner);
    await client.query(`
      CREATE TABLE raised (code text);
      CREATE FUNCTION raise_fault() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
        DECLARE code text;
        BEGIN
          SELECT raised.code INTO code FROM raised;
          IF code IS NOT NULL THEN RAISE EXCEPTION 'injected' USING ERRCODE = code; END IF;
          RETURN NEW;
        END $$;
      CREATE TRIGGER raise_fault BEFORE INSERT ON teams FOR EACH ROW EXECUTE FUNCTION raise_fault()`);
  });
  after(async () => {
    await client?.end();
    await server?.stop();
  });

  const raise = (code: string | null) => client.query('WITH gone AS (DELETE FROM raised) INSERT INTO raised VALUES ($1)', [code]);
  const write = () =>
    server.request('POST', `/api/0/organizations/${org.slug}/teams/`, { token: owner.token, body: { slug: `team-${nextNumber()}` } });
  /** Whether the operator sees that writes fail for this reason, or that they work for null. */
  const isShown = async (pattern: RegExp | null) => {
    const { body } = await server.operate('GET', '/health/');
    assert.match(body.writes, pattern ?? /^ok$/);
    // All instances share the cause, so none of them becomes unready.
    assert.equal((await server.request('GET', '/readyz')).status, 200);
  };
  const assertUnavailable = ({ status, headers, body }: Awaited<ReturnType<typeof write>>, what: string) => {
    assert.equal(status, 503, `${what}: ${JSON.stringify(body)}`);
    assert.match(headers.get('retry-after') ?? '', /^[1-9]\d*$/, what);
    assert.doesNotMatch(JSON.stringify(body), /injected/, what);
  };

  it('[H-32] [V16.5.1] cause 503 with Retry-After for each SQLSTATE of an outage, and 500 for each SQLSTATE of a bug', async () => {
    for (const code of faultCodes) {
      await raise(code);
      assertUnavailable(await write(), code);
    }
    await raise('22012');
    const { status, body } = await write();
    assert.deepEqual([status, body], [500, { detail: 'Internal Error', errorId: body.errorId }]);
    await raise(null);
    assert.equal((await write()).status, 201);
  });

  it('[H-32] appear in the health for the operator after a write fails permanently, until a write succeeds', async () => {
    for (const code of writeStoppingCodes) {
      await raise(code);
      await write();
      await eventually(() => isShown(/^(?!ok$)/), { timeoutMs: 4_000 });
      await raise(null);
      assert.equal((await write()).status, 201);
      await eventually(() => isShown(null), { timeoutMs: 4_000 });
    }
  });

  it('[H-32] appear in the health until a write changes a row', async () => {
    await raise('53100');
    await write();
    await server.services.db.deleteFrom('teams').where('id', '=', '0').execute();
    await eventually(() => isShown(/^(?!ok$)/), { timeoutMs: 4_000 });
    await raise(null);
    assert.equal((await write()).status, 201);
    await eventually(() => isShown(null), { timeoutMs: 4_000 });
  });

  it('[H-32] appear in the health only until the server’s own write succeeds, without a request', async () => {
    await raise('53100');
    await write();
    await raise(null);
    await eventually(() => isShown(/^(?!ok$)/), { timeoutMs: 4_000 });
    await eventually(() => isShown(null), { timeoutMs: 15_000 });
  });

  it('[H-32] appear in the health while the database is read-only; the server continues to read and push, and recovers', async () => {
    const replica = await WireReplica.open(server.url, owner.token, org.slug);
    const name = new URL(server.config.databaseUrl!).pathname.slice(1);
    const switchTo = async (setting: string) => {
      await client.query(`SET default_transaction_read_only = off; ALTER DATABASE ${name} ${setting}`);
      await client.query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
      );
    };
    await switchTo('SET default_transaction_read_only = on');
    await eventually(async () => assertUnavailable(await write(), 'read-only'), { timeoutMs: 5_000 });
    await eventually(() => isShown(/read-only/), { timeoutMs: 5_000 });
    await eventually(async () => {
      assert.equal((await server.request('GET', `/api/0/organizations/${org.slug}/teams/`, { token: owner.token })).status, 200);
    });
    await switchTo('RESET default_transaction_read_only');
    await eventually(() => isShown(null), { timeoutMs: 15_000 });
    const written = await write();
    assert.equal(written.status, 201);
    await replica.reach(Number(written.headers.get('x-org-revision')!.split('.')[1]));
    replica.close();
  });

  it('[H-32] disappear from the health although connections that began as read-only were kept', async () => {
    const name = new URL(server.config.databaseUrl!).pathname.slice(1);
    await client.query(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
    await client.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );
    try {
      await eventually(() => isShown(/read-only/), { timeoutMs: 15_000 });
    } finally {
      await client.query(`SET default_transaction_read_only = off; ALTER DATABASE ${name} RESET default_transaction_read_only`);
    }
    await eventually(async () => assert.equal((await write()).status, 201), { timeoutMs: 15_000 });
    await eventually(() => isShown(null), { timeoutMs: 15_000 });
  });

  it('[H-33] limit the time for which a write without a transaction waits for a lock', async () => {
    const { slug } = org;
    const locked = await server.request('GET', `/api/0/organizations/${slug}/`, { token: owner.token });
    assert.equal(locked.status, 200);
    const locker = new pg.Client(server.config.databaseUrl!);
    await locker.connect();
    await locker.query('BEGIN; LOCK TABLE attempt_limits');
    try {
      const answer = await server.request('POST', '/api/0/auth/login/', { body: { username: 'a@example.com', password: 'wrong' } });
      assertUnavailable(answer, 'a lock');
      assert.equal(answer.body.detail, 'The database did not complete the request in time. Try again shortly.');
      const { rows } = await locker.query(
        `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      assert.deepEqual(rows, [], 'a statement still waits for the lock');
    } finally {
      await locker.end();
    }
  });
});
