import assert from 'node:assert/strict';
import { chromiumMissing, findChromium, type Visit, visit } from '../support/browser.ts';
import { eventually } from '../support/eventually.ts';
import { type Account, anAccount, codeOf, goodPassword, logIn } from '../support/log-in.ts';
import { readMails } from '../support/mailbox.ts';
import { nextNumber } from '../support/provision.ts';
import type { TestServer } from '../support/server.ts';
import { skipBecause } from '../support/skip.ts';
import { consoleServer } from './console-server.ts';
import { assertAccessible, chooseInMenu, isLive, memberRow } from './pages.ts';

describe('the account page of the console', () => {
  let server: TestServer;
  let owner: Account;
  let slug: string;
  let visits: Visit[] = [];

  before(async function () {
    if ((await findChromium()) === null) skipBecause(this, chromiumMissing);
    server = await consoleServer();
  });
  beforeEach(async () => {
    owner = await anAccount(server);
    ({
      body: { slug },
    } = await server.operate('POST', '/organizations/', { name: `Org ${nextNumber()}`, ownerId: owner.id }));
  });
  afterEach(async () => {
    await Promise.all(visits.map((one) => one[Symbol.asyncDispose]()));
    const faults = visits.flatMap((one) => one.faults);
    visits = [];
    assert.deepEqual(faults, [], 'pages log no error and contact no other host');
  });

  async function open(path: string, cookie?: string) {
    const visitor = await visit(server.url, path, cookie === undefined ? {} : { cookie });
    visits.push(visitor);
    return visitor.page;
  }

  it('enables 2FA with a QR code and shows the recovery codes once', async () => {
    const page = await open('/account/security/', await logIn(server, owner));
    await page.getByRole('button', { name: 'Enable' }).click();
    await page.getByRole('img', { name: /QR code/ }).waitFor();
    const secret = (await page.getByRole('dialog').locator('code').textContent())!;
    await assertAccessible(page);
    await page.getByLabel('Code').fill(codeOf(secret));
    await page.getByRole('dialog').getByRole('button', { name: 'Enable' }).click();
    const codes = page.getByRole('dialog', { name: 'Your recovery codes' });
    await codes.waitFor();
    assert.equal(await codes.getByRole('listitem').count(), 10);
    await codes.getByRole('checkbox', { name: 'I saved them' }).check();
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByText(/^On since/).waitFor();
    await page.getByText('10 recovery codes are left.').waitFor();
    await assertAccessible(page);
  });

  it('lists the user’s sessions and logs out another device', async () => {
    const there = await open(`/organizations/${slug}/members/`, await logIn(server, owner));
    await isLive(there);
    const page = await open('/account/', await logIn(server, owner));
    await page.getByRole('button', { name: 'Log out', exact: true }).click();
    await eventually(() => assert.match(there.url(), /\/login\/\?next=/));
    assert.equal(new URL(there.url()).searchParams.get('next'), `/organizations/${slug}/members/`);
  });

  it('[V14.3.1] shows nothing of the session after a log-out that the server doesn’t receive, and logs out later', async () => {
    const cookie = await logIn(server, owner);
    const page = await open(`/organizations/${slug}/members/`, cookie);
    await isLive(page);
    await page.route('**/api/0/auth/logout/', (route) => route.abort());
    await chooseInMenu(page, page.getByRole('button', { name: /^Your account/ }), 'Log out');
    await page.getByRole('heading', { name: 'You’re still logged in' }).waitFor();
    assert.equal((await page.content()).includes(owner.email), false);
    await assertAccessible(page);
    await page.unroute('**/api/0/auth/logout/');
    await page.getByRole('button', { name: 'Log out' }).click();
    await eventually(() => assert.equal(new URL(page.url()).pathname, '/login/'));
    assert.equal((await server.request('GET', '/api/0/users/me/', { cookie })).status, 401);
    (visits.at(-1)!.faults as string[]).splice(0);
  });

  it('shows which lists could not be read, and reads them again', async () => {
    const page = await open('/', await logIn(server, owner));
    const lists = /\/api\/0\/(api-tokens|auth\/(sessions|emails|authenticators))\/$/;
    await page.route(lists, (route) => route.abort());
    await page.goto(new URL('/account/', server.url).href);
    for (const what of ['addresses', 'second factors', 'sessions', 'tokens'])
      await page
        .getByRole('alert')
        .filter({ hasText: `Couldn’t load your ${what}. Couldn’t reach the server.` })
        .waitFor();
    await assertAccessible(page);
    await page.unroute(lists);
    await page.getByRole('button', { name: 'Try again: your sessions' }).click();
    await page.getByText('This device').waitFor();
    await eventually(async () => assert.equal(await page.getByRole('alert').count(), 3));
    (visits.at(-1)!.faults as string[]).splice(0);
  });

  it('asks for the password if the login is not recent, then continues', async () => {
    const page = await open('/account/', await logIn(server, owner));
    await page.getByRole('button', { name: 'Enable' }).waitFor();
    await server.services.db
      .updateTable('sessions')
      .set({ authenticated_at: new Date(Date.now() - 3 * 60 * 60 * 1_000).toISOString() })
      .where('user_id', '=', owner.id)
      .execute();
    await page.getByRole('button', { name: 'Enable' }).click();
    await page.getByRole('dialog').getByLabel('Password').fill(goodPassword);
    await page.getByRole('button', { name: 'Confirm' }).click();
    await page.getByRole('img', { name: /QR code/ }).waitFor();
    (visits.at(-1)!.faults as string[]).splice(0);
  });

  it('[13.17] erases the account of a user who types their address and confirms their password', async () => {
    const person = await anAccount(server);
    await server.operate('POST', `/organizations/${slug}/members/`, { userId: person.id });
    const watched = await open(`/organizations/${slug}/members/`, await logIn(server, owner));
    await memberRow(watched, person.email).waitFor();
    const page = await open('/account/', await logIn(server, person));
    await page.getByRole('button', { name: 'Erase account' }).click();
    const dialog = page.getByRole('dialog', { name: 'Erase your account?' });
    await dialog.getByText(/You leave all organizations, and are logged out everywhere\./).waitFor();
    await assertAccessible(page, 'dialog');
    await dialog.getByLabel(/^Type/).fill(person.email);
    await server.services.db
      .updateTable('sessions')
      .set({ authenticated_at: new Date(Date.now() - 3 * 60 * 60 * 1_000).toISOString() })
      .where('user_id', '=', person.id)
      .execute();
    await dialog.getByRole('button', { name: 'Erase account' }).click();
    await page.getByRole('dialog').last().getByLabel('Password').fill(goodPassword);
    await page.getByRole('button', { name: 'Confirm' }).click();
    // Not waitForURL, which fails when a second request that gets 401 navigates again.
    await eventually(() => assert.match(page.url(), /\/login\//));
    await memberRow(watched, person.email).waitFor({ state: 'detached' });
    (visits.at(-1)!.faults as string[]).splice(0);
    await eventually(async () => {
      const row = await server.services.db.selectFrom('users').select('name').where('id', '=', person.id).executeTakeFirstOrThrow();
      assert.equal(row.name, `Erased user ${person.id}`);
    });
  });

  it('[13.17] names the organizations whose only owner can’t erase their account', async () => {
    const page = await open('/account/', await logIn(server, owner));
    await page.getByRole('button', { name: 'Erase account' }).click();
    const dialog = page.getByRole('dialog', { name: 'Erase your account?' });
    await dialog.getByLabel(/^Type/).fill(owner.email);
    await dialog.getByRole('button', { name: 'Erase account' }).click();
    const text = `You are the only owner of ${slug}. Make another member an owner, or delete the organization, first.`;
    await dialog.getByText(text).waitFor();
    await assertAccessible(page, 'dialog');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'hidden' });
    (visits.at(-1)!.faults as string[]).splice(0);
  });

  it('keeps the chosen theme, also on the login page', async () => {
    const page = await open(`/organizations/${slug}/members/`, await logIn(server, owner));
    const canvas = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await isLive(page);
    const light = await canvas();
    await page.getByRole('button', { name: /^Your account/ }).click();
    await page.getByRole('menuitemcheckbox', { name: 'Dark' }).click();
    const dark = await canvas();
    assert.notEqual(dark, light);
    await page.goto(`${server.url}/login/`);
    assert.equal(await canvas(), dark);
  });

  it('creates an account for an invitation, accepts it and opens the organization', async () => {
    const email = `invited-${nextNumber()}@example.com`;
    const cookie = await logIn(server, owner);
    await server.request('POST', `/api/0/organizations/${slug}/members/`, { cookie, body: { email, orgRole: 'member' } });
    const [mail] = await eventually(() => {
      const mails = readMails(server, email);
      assert.equal(mails.length, 1);
      return mails;
    });
    const page = await open(/\/accept\/#\d+\.[0-9a-f]+/.exec(mail!.text)![0]);
    await assertAccessible(page);
    await page.getByLabel('Your name').fill('Somebody New');
    await page.getByLabel(/^Password/).fill(goodPassword);
    await page.getByText(/An Account invited you to Org \d+ as a Member\. Create an account/).waitFor();
    await page.getByRole('button', { name: 'Create account and join' }).click();
    await page.getByRole('heading', { name: 'Members', level: 1 }).waitFor();
    await memberRow(page, email).getByText('You', { exact: true }).waitFor();
  });

  it('[V14.2.1] opens an invitation whose token is in no address or referrer that a browser sends, also by links of earlier versions', async () => {
    const email = `invited-${nextNumber()}@example.com`;
    const cookie = await logIn(server, owner);
    const { body: member } = await server.request('POST', `/api/0/organizations/${slug}/members/`, { cookie, body: { email } });
    const [mail] = await eventually(() => {
      const mails = readMails(server, email);
      assert.equal(mails.length, 1);
      return mails;
    });
    const [path, id, token] = /\/accept\/#(\d+)\.([0-9a-f]+)/.exec(mail!.text)!;
    const page = await open('/login/');
    const sent: string[] = [];
    page.on('request', (request) => void sent.push(request.url(), request.headers().referer ?? ''));
    await page.goto(`${server.url}${path}`);
    const create = page.getByRole('button', { name: 'Create account and join' });
    await create.waitFor();
    await page.getByRole('link', { name: 'Already have an account? Log in' }).click();
    await page.getByLabel('Email address').fill(owner.email);
    await page.getByLabel('Password').fill(goodPassword);
    await page.getByRole('button', { name: 'Log in', exact: true }).click();
    await page.getByText('You’re already a member of').waitFor();
    assert.deepEqual(
      sent.filter((address) => address.replace(/#.*/, '').includes(token!)),
      [],
    );

    await page.context().clearCookies();
    await page.goto(`${server.url}/accept/${id}/${token}/`);
    await create.waitFor();
    // A second link in the same tab, and one that is cut off.
    await page.goto(`${server.url}/accept/#${id}`);
    await page.getByText('This link is incomplete.').waitFor();
    await page.evaluate((hash) => location.assign(hash), `#${id}.${token}`);
    await create.waitFor();
    const hostile = `${server.url}/accept/#1.<img src=x onerror=alert(1)>`;
    await page.goto(hostile);
    await page.getByText('This link is incomplete.').waitFor();

    await server.request('DELETE', `/api/0/organizations/${slug}/members/${member.id}/`, { cookie });
    await page.goto(`${server.url}${path}`);
    await page.getByText('It expired, was revoked or was already used.').waitFor();
  });

  it('states on the page of an invitation that it needs JavaScript', async () => {
    const context = await (await open('/login/')).context().browser()!.newContext({ javaScriptEnabled: false });
    try {
      const page = await context.newPage();
      await page.goto(`${server.url}/accept/#7.abc`);
      // Playwright finds no text in this element.
      const note = page.locator('noscript p');
      await note.waitFor();
      assert.match((await note.textContent())!, /^This page needs JavaScript/);
      assert.equal(await page.getByRole('button').count(), 0);
    } finally {
      await context.close();
    }
  });
});
