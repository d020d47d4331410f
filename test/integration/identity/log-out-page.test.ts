import assert from 'node:assert/strict';
import { type Account, anAccount, logIn } from '../../support/log-in.ts';
import { nextNumber } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { WireReplica } from '../../support/wire-replica.ts';

describe('the page that logs out', () => {
  let server: TestServer;
  let account: Account;
  let cookie: string;

  before(async () => {
    server = await startServer({ SLACK_CLIENT_ID: 'id', SLACK_CLIENT_SECRET: 'secret', SLACK_SIGNING_SECRET: 'signing' });
  });
  after(() => server?.stop());
  beforeEach(async () => {
    account = await anAccount(server);
    cookie = await logIn(server, account);
  });

  const show = (path: string, as?: string) => server.request('GET', path, { cookie: as, headers: { Accept: 'text/html' } });
  const logOut = (as: string | undefined, origin: string) =>
    server.request('POST', '/logout/', {
      cookie: as,
      body: '',
      headers: { Origin: origin, 'Content-Type': 'application/x-www-form-urlencoded' },
    });
  const status = async () => (await server.request('GET', '/api/0/users/me/', { cookie })).status;

  it('[V7.4.4] pages of connections lead to it, and name the user of the session', async () => {
    const path = '/extensions/slack/setup/?state=unknown';
    const { body } = await show(path, cookie);
    assert.match(body, /Slack was not connected/);
    assert.ok(body.includes(`<span>${account.email}</span> <a href="/logout/">Log out</a>`), body);
    for (const as of [undefined, 'rollcall_session=unknown']) assert.doesNotMatch((await show(path, as)).body, /Log out/);
  });

  it('[V7.4.4] [V14.3.1] ends the session with its sockets, and removes the cookie and what the browser has cached', async () => {
    const { slug } = (await server.request('POST', '/api/0/organizations/', { cookie, body: { name: `Org ${nextNumber()}` } })).body;
    const replica = await WireReplica.open(server.url, { cookie }, slug);
    const asked = await show('/logout/', cookie);
    assert.match(asked.body, /<form method="post" action="\/logout\/">/);
    assert.ok(asked.body.includes(`You’re logged in as ${account.email}.`));
    assert.equal(await status(), 200, 'opening the page ends nothing');

    const done = await logOut(cookie, new URL(server.url).origin);
    assert.equal(done.status, 200);
    assert.match(done.body, /You’re logged out/);
    assert.equal(done.body.includes(account.email), false);
    assert.match(done.headers.get('set-cookie')!, /^rollcall_session=; Max-Age=0/);
    assert.equal(done.headers.get('clear-site-data'), '"cache"');
    assert.equal(await status(), 401);
    await new Promise<void>((resolve) => (replica.socket.connected ? replica.socket.once('disconnect', () => resolve()) : resolve()));
    assert.match((await logOut(cookie, new URL(server.url).origin)).body, /You’re logged out/);
    assert.match((await show('/logout/')).body, /You’re logged out/);
  });

  it('refuses forms of other sites', async () => {
    for (const origin of ['https://evil.example.com', 'null']) {
      const refused = await logOut(cookie, origin);
      assert.deepEqual([refused.status, refused.headers.get('set-cookie')], [403, null]);
    }
    assert.equal(await status(), 200);
  });

  it('[V14.3.1] has an API that clears the same', async () => {
    const send = (method: string, path: string, as: string) => server.request(method, `/api/0${path}`, { cookie: as });
    const other = await logIn(server, account);
    const sessions = (await send('GET', '/auth/sessions/', other)).body as readonly { id: string; isCurrent: boolean }[];
    const own = sessions.find(({ isCurrent }) => isCurrent)!;
    for (const [method, path, as] of [
      ['DELETE', `/auth/sessions/${own.id}/`, other],
      ['POST', '/auth/logout/', cookie],
      ['POST', '/auth/logout-all/', await logIn(server, account)],
    ] as const) {
      const { status: code, headers } = await send(method, path, as);
      assert.deepEqual([code, headers.get('clear-site-data')], [204, '"cache"'], path);
    }
  });
});
