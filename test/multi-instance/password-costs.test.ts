import assert from 'node:assert/strict';
import { type Instances, startInstances } from '../support/instances.ts';
import { type Account, anAccount, cookieOf, goodPassword, logIn } from '../support/log-in.ts';
import { startServer, type TestServer } from '../support/server.ts';

/** One instance has the former cost, and the other has a higher one. */
describe('the cost of password hashes, after the operator raises it', () => {
  let instances: Instances;
  let former: TestServer;
  let latter: TestServer;
  let account: Account;

  before(async () => {
    instances = await startInstances(1, { environment: { PASSWORD_HASH_KIB: '8', PASSWORD_HASH_PASSES: '1' } });
    former = instances.servers[0]!;
    latter = await startServer({ ...instances.environment, PASSWORD_HASH_KIB: '16', PASSWORD_HASH_PASSES: '2' });
  });
  after(async () => {
    await latter?.stop();
    await instances?.stop();
  });
  beforeEach(async () => {
    await former.services.db.deleteFrom('attempt_limits').execute();
    account = await anAccount(former);
  });

  const hashOf = async () => {
    const query = former.services.db.selectFrom('users').select('password_hash').where('id', '=', account.id);
    return (await query.executeTakeFirstOrThrow()).password_hash!;
  };
  const costOf = async () =>
    /\$m=(\d+),t=(\d+),/
      .exec(await hashOf())
      ?.slice(1)
      .map(Number);
  const isOpen = async (cookie: string) => (await former.request('GET', '/api/0/users/me/', { cookie })).status === 200;

  it('[V11.4.2] a login stores the password with it, once, and ends no session', async () => {
    const before = await logIn(former, account);
    assert.deepEqual(await costOf(), [8, 1]);
    const after = await logIn(latter, account);
    assert.deepEqual(await costOf(), [16, 2]);
    const stored = await hashOf();
    for (const cookie of [before, after]) assert.ok(await isOpen(cookie));
    await logIn(latter, account);
    // The other instance keeps the costlier hash.
    await logIn(former, account);
    assert.equal(await hashOf(), stored);
  });

  it('a wrong password changes nothing', async () => {
    const stored = await hashOf();
    const body = { username: account.email, password: 'not the password' };
    assert.equal((await latter.request('POST', '/api/0/auth/login/', { body })).status, 401);
    assert.equal(await hashOf(), stored);
  });

  it('logins that raise it at the same time all succeed', async () => {
    const cookies = await Promise.all(Array.from({ length: 6 }, (_, index) => logIn([former, latter][index % 2]!, account)));
    assert.deepEqual(await costOf(), [16, 2]);
    for (const cookie of cookies) assert.ok(await isOpen(cookie));
  });

  it('a password that is changed during such a login stays changed', async () => {
    const newPassword = 'a new and quite long password';
    for (let round = 0; round < 5; round++) {
      account = await anAccount(former);
      const cookie = await logIn(former, account);
      const login = latter.request('POST', '/api/0/auth/login/', { body: { username: account.email, password: goodPassword } });
      const change = former.request('PUT', '/api/0/auth/password/', { cookie, body: { password: goodPassword, newPassword } });
      const [entered, changed] = await Promise.all([login, change]);
      assert.ok([204, 400].includes(changed.status), JSON.stringify(changed.body));
      const right = changed.status === 204 ? newPassword : goodPassword;
      const wrong = changed.status === 204 ? goodPassword : newPassword;
      const tryWith = async (password: string) =>
        (await former.request('POST', '/api/0/auth/login/', { body: { username: account.email, password } })).status;
      assert.deepEqual([await tryWith(right), await tryWith(wrong)], [200, 401]);
      if (entered.status === 200 && changed.status === 204) assert.equal(await isOpen(cookieOf(entered)), false);
    }
  });
});
