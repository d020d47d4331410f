import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { connect, type RollcallClient, scopes } from '@rollcall/client';
import { build } from 'esbuild';
import { chromiumMissing, findChromium, visit } from '../../support/browser.ts';
import { type Account, anAccount, codeOf, cookieOf, goodPassword } from '../../support/log-in.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { skipBecause } from '../../support/skip.ts';

/** A page's use of the client without a token. Its only credential is the cookie of its session. */
const script = `
import { connect } from '@rollcall/client';
const { url, username, password, slug } = JSON.parse(document.getElementById('task').textContent);
const results = [];
const before = connect({ url });
await new Promise((resolve) => before.subscribe(() => before.status.phase === 'closed' && resolve()));
results.push(before.status.reason);
const self = await before.session.logIn({ username, password });
results.push(self.email === username);
const client = connect({ url });
const org = client.organization(slug);
await org.ready();
results.push(org.status.phase, (await client.session.current()).user.id === self.id);
const { revision } = await org.createTeam({ slug: 'from-a-page' });
await org.waitFor(revision);
results.push(org.state.teams.map(({ slug }) => slug).join());
const closed = new Promise((resolve) => client.subscribe(() => client.status.phase === 'closed' && resolve()));
await client.session.logOut();
await closed;
results.push(client.status.reason, org.state.teams.length, (await client.session.current()).user);
await fetch('/results', { method: 'POST', body: JSON.stringify(results) });
`;

/** Serves one page, and resolves with the results that it posts. */
async function servePage(): Promise<{
  readonly server: Server;
  readonly url: string;
  show(html: string): void;
  readonly results: Promise<unknown>;
}> {
  let page = '';
  let resolveResults = (_: unknown): void => {};
  const results = new Promise((resolve) => {
    resolveResults = resolve;
  });
  const server = createServer(async (request, response) => {
    if (request.method === 'POST') resolveResults(JSON.parse(Buffer.concat(await request.toArray()).toString()));
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(page);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const show = (html: string) => {
    page = html;
  };
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, show, results };
}

describe('the client with a session and no token', () => {
  let server: TestServer;
  let page: Awaited<ReturnType<typeof servePage>>;
  let account: Account;
  let slug: string;

  before(async () => {
    page = await servePage();
    server = await startServer({ ALLOWED_ORIGINS: page.url });
    account = await anAccount(server);
    const made = await server.operate('POST', '/organizations/', { name: 'Session', ownerId: account.id });
    slug = made.body.slug;
  });
  after(async () => {
    page.server.closeAllConnections();
    page.server.close();
    await server.stop();
  });

  it('logs in, subscribes and writes with its cookie in a real browser, and loses access when it logs out', async function () {
    if ((await findChromium()) === null) skipBecause(this, chromiumMissing);
    const task = JSON.stringify({ url: server.url, username: account.email, password: goodPassword, slug });
    const bundle = await build({
      stdin: { contents: script, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
      bundle: true,
      format: 'esm',
      conditions: ['@rollcall/source'],
      write: false,
    });
    page.show(
      `<!doctype html><script type="application/json" id="task">${task}</script><script type="module">${bundle.outputFiles[0]!.text.replaceAll('</script', '<\\/script')}</script>`,
    );
    await using _ = await visit(page.url, '/');
    assert.deepEqual(await page.results, ['unauthenticated', true, 'live', true, 'from-a-page', 'credential-revoked', 0, null]);
  });

  describe('REST calls', () => {
    let client: RollcallClient;
    let cookie: string | undefined;

    /** A browser's cookie jar, with one cookie. */
    const keepingCookies: typeof fetch = async (url, init) => {
      const answer = await fetch(url, { ...init, headers: { ...init?.headers, ...(cookie && { Cookie: cookie }) } });
      const set = answer.headers.get('set-cookie');
      if (set) cookie = /session=;/.test(set) ? '' : cookieOf({ status: answer.status, headers: answer.headers, body: null });
      return answer;
    };

    beforeEach(async () => {
      client = connect({ url: server.url, fetch: keepingCookies });
      await client.session.logIn({ username: account.email, password: goodPassword });
    });
    afterEach(() => client.close());

    it('list and change the user’s own sessions, addresses and tokens', async () => {
      assert.equal((await client.session.list()).filter(({ isCurrent }) => isCurrent).length, 1);
      assert.deepEqual(
        (await client.account.emails()).map(({ email, isPrimary }) => [email, isPrimary]),
        [[account.email, true]],
      );
      const added = await client.account.addEmail('second@example.com');
      await client.account.removeEmail(added.id);
      const { id, token } = await client.account.createToken({ name: 'mine', scopes: ['org:read'] });
      using byToken = connect({ url: server.url, token });
      assert.deepEqual((await byToken.session.current()).auth?.scopes, ['org:read']);
      await client.account.removeToken(id);
      await assert.rejects(client.account.removeToken(id), { code: 'not-found' });
      assert.deepEqual(await client.account.tokens(), []);
    });

    it('set up a second factor, whose code the next login requires', async () => {
      await assert.rejects(client.session.renew('wrong'), { code: 'forbidden' });
      assert.equal((await client.session.renew(goodPassword)).email, account.email);
      const { secret, setup, qr } = await client.account.beginTotp();
      assert.match(qr, /^data:image\/svg/);
      const { codes } = await client.account.confirmTotp(setup, codeOf(secret));
      const login = { username: account.email, password: goodPassword };
      await assert.rejects(client.session.logIn(login), { code: 'two-factor-required' });
      assert.equal((await client.session.logIn({ ...login, otp: codes[0]! })).has2fa, true);
      assert.deepEqual((await client.account.authenticators()).map(({ type }) => type).sort(), ['recovery', 'totp']);
      await client.account.removeTotp();
    });

    it('[13.17] erase the account, but not that of the only owner of an organization', async () => {
      await assert.rejects(client.account.erase(), { code: 'last-owner', message: new RegExp(`only owner of ${slug}\\.`) });
      const other = await anAccount(server);
      using theirs = connect({ url: server.url, fetch: keepingCookies });
      await theirs.session.logIn({ username: other.email, password: goodPassword });
      const { id, organizations } = await theirs.account.erase();
      assert.deepEqual([id, organizations], [other.id, []]);
      assert.equal((await theirs.session.current()).user, null);
    });

    it('read data that is not part of an organization’s state', async () => {
      // Node has no cookies for a socket, so the client uses a token.
      const { token } = await client.account.createToken({ name: 'reader', scopes });
      using byToken = connect({ url: server.url, token });
      const org = byToken.organization(slug);
      const details = await org.read.organization();
      assert.ok(details.access.includes('org:admin'), 'an owner may do everything');
      const { rows, next } = await org.read.members({ query: 'role:owner' });
      assert.deepEqual([rows.map(({ email }) => email), next], [[account.email], null]);
      const member = await org.read.member('me');
      assert.deepEqual(member.orgRoleList?.map(({ id, isAllowed }) => [id, isAllowed]).at(-1), ['owner', true]);
      await org.createProject({ name: 'Site' });
      const { data: key } = await org.createProjectKey('site', { name: 'Mine' });
      await org.updateProjectKey('site', key.id, { isActive: false });
      assert.deepEqual(
        (await org.read.projectKeys('site', { status: 'inactive' })).rows.map(({ name }) => name),
        ['Mine'],
      );
      const { data: made } = await org.createToken({ name: 'ci', scopes: ['org:read'] });
      await org.renameToken(made.id, 'CI');
      assert.deepEqual(
        (await org.read.tokens()).map(({ name, scopes }) => [name, scopes]),
        [['CI', ['org:read']]],
      );
      await org.requestInvite({ email: 'asked@example.com' });
      const [asked] = (await org.read.inviteRequests()).rows;
      await org.refuseInviteRequest(asked!.id);
      assert.deepEqual(await org.read.accessRequests(), []);
      const log = await org.read.auditLog({ event: 'org-auth-token.create', perPage: 1 });
      assert.deepEqual(
        log.rows.map(({ event, actor }) => [event, actor && 'id' in actor && actor.id]),
        [['org-auth-token.create', account.id]],
      );
      assert.ok((await org.read.teams()).rows.length > 0, 'the teams');
      assert.deepEqual(
        (await org.read.projects({ query: 'slug:site' })).rows.map(({ name }) => name),
        ['Site'],
      );
    });
  });
});
