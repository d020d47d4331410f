import assert from 'node:assert/strict';
import { eventually } from '../../support/eventually.ts';
import { type Account, anAccount, logIn } from '../../support/log-in.ts';
import { runInProcess } from '../../support/run-in-process.ts';
import { startServer, type TestServer } from '../../support/server.ts';

describe('sessions that the operator ends', () => {
  let server: TestServer;
  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());

  const statusOf = async (cookie: string) => (await server.request('GET', '/api/0/organizations/', { headers: { Cookie: cookie } })).status;
  const tokenOf = async ({ id }: Account) =>
    (await server.operate('POST', `/users/${id}/tokens/`, { scopes: ['org:read'] })).body.token as string;
  const usesToken = async (token: string) => (await server.request('GET', '/api/0/organizations/', { token })).status === 200;
  const rollcall = (...args: string[]) => runInProcess(args, { ROLLCALL_URL: server.url, OPERATOR_TOKEN: server.operatorToken });

  it('[A5] [V7.4.5] end for one user, with the tokens if requested, and not for others', async () => {
    const [one, other] = [await anAccount(server), await anAccount(server)];
    const [first, second, ofOther] = [await logIn(server, one), await logIn(server, one), await logIn(server, other)];
    const token = await tokenOf(one);
    const path = `/users/${one.id}/sessions/`;
    const ended = await server.operate('DELETE', path);
    assert.deepEqual([ended.status, ended.body], [200, { sessions: 2, tokens: 0 }]);
    await eventually(async () =>
      assert.deepEqual([await statusOf(first), await statusOf(second), await statusOf(ofOther)], [401, 401, 200]),
    );
    assert.ok(await usesToken(token));
    assert.deepEqual((await server.operate('DELETE', path)).body, { sessions: 0, tokens: 0 });
    assert.deepEqual((await server.operate('DELETE', `${path}?tokens=true`)).body, { sessions: 0, tokens: 1 });
    await eventually(async () => assert.equal(await usesToken(token), false));
    assert.equal(await statusOf(await logIn(server, one)), 200, 'the user can log in again');
  });

  it('refuse a user who does not exist, and wrong parameters, which end nothing', async () => {
    const account = await anAccount(server);
    const cookie = await logIn(server, account);
    assert.equal((await server.operate('DELETE', '/users/999999/sessions/')).status, 404);
    assert.deepEqual((await server.operate('DELETE', `/users/${account.id}/sessions/?tokens=maybe`)).status, 400);
    for (const query of ['', '?through=', '?through=all', '?through=-1'])
      assert.equal((await server.operate('DELETE', `/sessions/${query}`)).status, 400, query);
    assert.equal(await statusOf(cookie), 200);
  });

  it('[A5] [V7.4.5] end for all users up to the newest one that was counted', async () => {
    const [one, other] = [await anAccount(server), await anAccount(server)];
    const cookies = [await logIn(server, one), await logIn(server, other)];
    const token = await tokenOf(one);
    const { body: counted } = await server.operate('GET', '/sessions/');
    assert.ok(counted.sessions >= 2 && counted.users >= 2);
    const later = await logIn(server, one);
    const { body } = await server.operate('DELETE', `/sessions/?through=${counted.lastId}`);
    assert.deepEqual(body, { ended: counted.sessions, isComplete: true });
    await eventually(async () => assert.deepEqual(await Promise.all(cookies.map(statusOf)), [401, 401]));
    assert.equal(await statusOf(later), 200, 'it began after the count');
    assert.ok(await usesToken(token), 'tokens stay');
  });

  it('end in parts of 500 for all users, so that no revision is large', async () => {
    const { id } = await anAccount(server);
    const row = (number: number) => ({ user_id: id, token_hash: `hash-${number}`, expires_at: '2099-01-01T00:00:00Z' });
    const { db } = server.services;
    await db.deleteFrom('sessions').execute();
    await db
      .insertInto('sessions')
      .values(Array.from({ length: 1_200 }, (_, number) => row(number)))
      .execute();
    const ended = await rollcall('sessions', 'end', '--all', '--yes');
    assert.deepEqual([ended.code, ended.stdout], [0, 'Sessions that ended: 1200.\n']);
    assert.match(ended.stderr, /^Ended 500 of 1200 sessions\.\nEnded 1000 of 1200 sessions\.\n$/);
    assert.deepEqual((await server.operate('GET', '/sessions/')).body, { sessions: 0, users: 0, lastId: null });
    assert.equal((await rollcall('sessions', 'end', '--all')).stdout, 'There are no sessions.\n');
  });
});
