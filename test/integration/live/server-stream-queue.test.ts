import assert from 'node:assert/strict';
import pg from 'pg';
import { eventually } from '../../support/eventually.ts';
import { type Account, anAccount, logIn } from '../../support/log-in.ts';
import { startServer, type TestServer } from '../../support/server.ts';

/** Ids without a row. */
const unknownIds = Array.from({ length: 40 }, (_, n) => String(900_000_000 + n));

describe('the queue of commands that end access everywhere', () => {
  let server: TestServer;
  let locker: pg.Client;
  let attacker: Account;
  let cookie: string;

  before(async () => {
    server = await startServer();
    locker = new pg.Client({ connectionString: server.config.databaseUrl! });
    await locker.connect();
    attacker = await anAccount(server);
    cookie = await logIn(server, attacker);
  });
  after(async () => {
    await locker?.end();
    await server?.stop();
  });
  beforeEach(() => locker.query('BEGIN').then(() => locker.query('SELECT 1 FROM org_heads WHERE organization_id = 0 FOR UPDATE')));
  afterEach(() => locker.query('ROLLBACK'));

  const call = (method: string, path: string, body?: unknown, headers = {}) =>
    server.request(method, `/api/0${path}`, { cookie, body, headers });
  /** Waits until the given number of commands wait for the lock in the database. */
  const areWaiting = (count: number) =>
    eventually(async () => {
      const { rows } = await locker.query("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'");
      assert.equal(rows.length, count);
    });
  const aToken = async () => {
    const made = await call('POST', '/api-tokens/', { scopes: ['org:read'] });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    return made.body.id as string;
  };

  it('[H-08] skips a request to end a session or a token that does not exist', async () => {
    const answers = await Promise.all(
      unknownIds.flatMap((id) => [
        call('DELETE', `/auth/sessions/${id}/`),
        call('DELETE', '/api-tokens/', { tokenId: id }),
        call('DELETE', '/api-tokens/', { tokenId: id }, { 'Idempotency-Key': `key-${id}` }),
        server.operate('DELETE', `/users/${attacker.id}/tokens/${id}/`),
      ]),
    );
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [404]);
    await areWaiting(0);
  });

  it('[H-08] skips a logout from an organization for which the session has no login', async () => {
    const answers = await Promise.all(unknownIds.map((organization) => call('POST', '/auth/logout/', { organization })));
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [204]);
    await areWaiting(0);
    assert.equal((await call('GET', '/auth/sessions/')).status, 200);
  });

  it('[H-08] runs an operator’s command to disable a user before the rest of a flood of one user', async () => {
    const victim = await anAccount(server);
    const tokens: string[] = [];
    for (let n = 0; n < 12; n++) tokens.push(await aToken());
    const flood = tokens.map((tokenId) => call('DELETE', '/api-tokens/', { tokenId }));
    await areWaiting(1);
    await eventually(() => assert.equal(server.services.writePath.writeQueue.waiting, 11));
    const disabling = server.operate('PUT', `/users/${victim.id}/`, { isActive: false });
    await eventually(() => assert.equal(server.services.writePath.writeQueue.waiting, 12));
    await locker.query('ROLLBACK');
    assert.equal((await disabling).status, 200);
    await Promise.allSettled(flood);
    const { rows } = await locker.query('SELECT command FROM change_log WHERE organization_id = 0 ORDER BY revision DESC LIMIT 13');
    const position = rows
      .map(({ command }) => command)
      .reverse()
      .indexOf('update-user');
    assert.ok(position >= 0 && position <= 4, `the command to disable the user ran after ${position} others`);
  });

  it('[H-08] returns the first response for the retry of a removal that succeeded', async () => {
    const tokenId = await aToken();
    const headers = { 'Idempotency-Key': 'removal-1' };
    await locker.query('ROLLBACK');
    for (let n = 0; n < 2; n++) assert.equal((await call('DELETE', '/api-tokens/', { tokenId }, headers)).status, 204);
  });
});
