import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseConfig } from '../../../server/src/config.ts';
import { type Account, anAccount, goodPassword, logIn } from '../../support/log-in.ts';
import { linkOf, mailsTo } from '../../support/mailbox.ts';
import { nextNumber } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';

const breached = 'a password of a breach';
const padding = 'padding only, 3 words';
const refusal = 'This password is in a published list of stolen passwords. Choose another one.';

const sha1 = (text: string) => createHash('sha1').update(text).digest('hex').toUpperCase();

describe('a new password that is known from a breach', () => {
  let standIn: Server;
  let server: TestServer;
  let account: Account;
  let cookie: string;
  let requests: IncomingMessage[] = [];
  /** Responds in the form of https://haveibeenpwned.com/API/v3#SearchingPwnedPasswordsByRange. */
  const respondWithRange = (request: IncomingMessage, response: ServerResponse) => {
    const prefix = request.url!.slice('/range/'.length);
    const lines = [
      [sha1(breached), 42],
      [sha1(padding), 0],
    ] as const;
    const found = lines.filter(([hash]) => hash.startsWith(prefix)).map(([hash, count]) => `${hash.slice(5)}:${count}`);
    response.setHeader('Content-Type', 'text/plain');
    response.end([...found, `${'0'.repeat(34)}1:7`].sort().join('\r\n'));
  };
  let respond = respondWithRange;

  before(async () => {
    standIn = createServer((request, response) => {
      requests.push(request);
      respond(request, response);
    });
    await new Promise<void>((resolve) => standIn.listen(0, '127.0.0.1', resolve));
    const { port } = standIn.address() as AddressInfo;
    server = await startServer({ BREACHED_PASSWORDS_URL: `http://127.0.0.1:${port}/range`, OUTBOUND_ALLOWED: '127.0.0.1' });
  });
  after(async () => {
    await server?.stop();
    standIn?.closeAllConnections();
    standIn?.close();
  });
  beforeEach(async () => {
    respond = respondWithRange;
    account = await anAccount(server);
    cookie = await logIn(server, account);
    requests = [];
  });

  const change = (newPassword: string) =>
    server.request('PUT', '/api/0/auth/password/', { cookie, body: { password: goodPassword, newPassword } });

  it('[V6.2.12] gets a rejection with the reason, and only five digits of its hash are sent', async () => {
    const refused = await change(breached);
    assert.deepEqual([refused.status, refused.body], [400, { newPassword: [refusal] }]);
    assert.deepEqual(
      requests.map(({ method, url, headers }) => [method, url, headers['add-padding']]),
      [['GET', `/range/${sha1(breached).slice(0, 5)}`, 'true']],
    );
    assert.equal((await change(padding)).status, 204, 'padding has no breached passwords');
  });

  it('[V6.2.12] gets a rejection by the operator API and by a reset', async () => {
    const made = await server.operate('POST', '/users/', { email: `user-${nextNumber()}@example.com`, password: breached });
    assert.deepEqual([made.status, made.body], [400, { password: [refusal] }]);
    assert.deepEqual((await server.operate('PUT', `/users/${account.id}/`, { password: breached })).body, { password: [refusal] });
    assert.equal((await server.request('POST', '/api/0/auth/password-reset/', { body: { email: account.email } })).status, 202);
    const [mail] = await mailsTo(server, account.email, 'Reset your password');
    const body = { ...linkOf(mail!), password: breached };
    const reset = await server.request('POST', '/api/0/auth/password-reset/confirm/', { body });
    assert.deepEqual([reset.status, reset.body], [400, { password: [refusal] }]);
  });

  it('counts as a good one while the service is unavailable or returns something else, which the log and a metric state', async () => {
    const unavailable = () => server.services.writePath.counters.byReason('breachLookups').get('unavailable') ?? 0;
    const before = unavailable();
    for (const [n, broken] of [
      (_: IncomingMessage, response: ServerResponse) => response.writeHead(503).end(),
      (_: IncomingMessage, response: ServerResponse) => response.end('<html>Log in to this network</html>'),
      (_: IncomingMessage, response: ServerResponse) => response.writeHead(302, { Location: 'http://127.0.0.1:1/' }).end(),
      (request: IncomingMessage) => request.socket.destroy(),
    ].entries()) {
      respond = broken;
      const made = await server.operate('POST', '/users/', {
        email: `user-${nextNumber()}@example.com`,
        password: `not cached ${n} times`,
      });
      assert.equal(made.status, 201, JSON.stringify(made.body));
    }
    assert.equal(unavailable(), before + 4);
  });

  it('has one source', () => {
    const both = { BREACHED_PASSWORDS_URL: 'https://api.pwnedpasswords.com/range/', BREACHED_PASSWORDS_LIST: '/etc/hostname' };
    assert.throws(() => parseConfig(both, () => 's'.repeat(32)), /Set only one/);
    assert.throws(
      () => parseConfig({ BREACHED_PASSWORDS_LIST: '/nowhere' }, () => 's'.repeat(32)),
      /BREACHED_PASSWORDS_LIST names \/nowhere/,
    );
  });
});
