import assert from 'node:assert/strict';
import type { BrowserContext, CDPSession, Page } from 'playwright-core';
import { chromiumMissing, findChromium, type Visit, visit } from '../support/browser.ts';
import { eventually } from '../support/eventually.ts';
import { type Account, anAccount, goodPassword, logIn } from '../support/log-in.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { skipBecause } from '../support/skip.ts';
import { consoleServer } from './console-server.ts';
import { assertAccessible } from './pages.ts';

/** An authenticator of Chromium, as WebDriver’s virtual authenticators, which verifies its user. */
class VirtualAuthenticator {
  readonly #session: CDPSession;
  readonly #authenticatorId: string;

  private constructor(session: CDPSession, authenticatorId: string) {
    this.#session = session;
    this.#authenticatorId = authenticatorId;
  }

  static async add(context: BrowserContext, page: Page): Promise<VirtualAuthenticator> {
    const session = await context.newCDPSession(page);
    await session.send('WebAuthn.enable');
    const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        ...({ protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true } as const),
        ...{ isUserVerified: true, automaticPresenceSimulation: true },
      },
    });
    return new VirtualAuthenticator(session, authenticatorId);
  }

  async loseAll(): Promise<void> {
    await this.#session.send('WebAuthn.clearCredentials', { authenticatorId: this.#authenticatorId });
  }

  /** The user's finger is not the one that the device knows. */
  async failToVerify(): Promise<void> {
    await this.#session.send('WebAuthn.setUserVerified', { authenticatorId: this.#authenticatorId, isUserVerified: false });
  }
}

async function assertFits(page: Page): Promise<void> {
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'the page scrolls sideways');
}

describe('passkeys in the console', () => {
  let server: TestServer;
  let account: Account;
  let visits: Visit[] = [];

  before(async function () {
    if ((await findChromium()) === null) skipBecause(this, chromiumMissing);
    server = await startServer({ HOST: 'localhost' });
  });
  after(() => server?.stop());
  beforeEach(async () => {
    account = await anAccount(server);
  });
  afterEach(async () => {
    await Promise.all(visits.map((one) => one[Symbol.asyncDispose]()));
    visits = [];
  });

  /** The browser context is a new one, because its authenticator ends with it. */
  const open = async (path: string, options: { readonly cookie?: string; readonly width?: number; readonly theme?: 'dark' } = {}) => {
    const one = await visit(server.url, path, { ...options, isFirst: true });
    visits.push(one);
    return { page: one.page, faults: one.faults, authenticator: await VirtualAuthenticator.add(one.context, one.page) };
  };
  const section = (page: Page) => page.getByRole('region', { name: 'Two-factor authentication' });
  const add = async (page: Page, name: string) => {
    await section(page).getByRole('button', { name: 'Add a passkey' }).click();
    const dialog = page.getByRole('dialog', { name: 'Add a passkey' });
    await dialog.getByLabel('Name').fill(name);
    await dialog.getByRole('button', { name: 'Continue' }).click();
  };
  const saveCodes = async (page: Page): Promise<string[]> => {
    const codes = page.getByRole('dialog', { name: 'Your recovery codes' });
    await codes.waitFor();
    const shown = await codes.getByRole('listitem').allTextContents();
    await codes.getByRole('checkbox', { name: 'I saved them' }).check();
    await page.getByRole('button', { name: 'Done' }).click();
    return shown;
  };
  const logOut = async (page: Page) => {
    await page.context().clearCookies();
    await page.goto(new URL('/login/', server.url).href);
  };

  it('[V6.3.3] a browser registers a passkey, logs in with it, loses it, and comes back by a recovery code', async () => {
    const { page, authenticator, faults } = await open('/account/security/', { cookie: await logIn(server, account) });
    await add(page, 'My laptop');
    const [code] = await saveCodes(page);
    await section(page)
      .getByText(/^On since .* You log in with a passkey, or with your password and a recovery code\.$/)
      .waitFor();
    await section(page)
      .getByText(/My laptop.*never used/)
      .waitFor();
    await assertAccessible(page);
    assert.deepEqual(faults, []);

    await logOut(page);
    await page.getByRole('button', { name: 'Log in with a passkey' }).click();
    await eventually(() => assert.equal(new URL(page.url()).pathname, '/'));
    await page.goto(new URL('/account/', server.url).href);
    await section(page)
      .getByText(/My laptop.*last used/)
      .waitFor();

    await authenticator.loseAll();
    await logOut(page);
    await page.getByRole('button', { name: 'Log in with a passkey' }).click();
    await page.getByText('No passkey was used. Try again, or log in with your password.').waitFor();
    await page.getByLabel('Email address').fill(account.email);
    await page.getByLabel('Password').fill(goodPassword);
    await page.getByRole('button', { name: 'Log in', exact: true }).click();
    await page.getByText('Use your passkey, or enter a recovery code.').waitFor();
    await page.getByLabel('Authentication code').fill(code!);
    await page.getByRole('button', { name: 'Log in', exact: true }).click();
    await eventually(() => assert.equal(new URL(page.url()).pathname, '/'));

    await page.goto(new URL('/account/', server.url).href);
    await section(page).getByText('9 recovery codes are left.').waitFor();
    await section(page).getByRole('button', { name: 'Remove My laptop' }).click();
    const dialog = page.getByRole('dialog', { name: 'Remove My laptop?' });
    await dialog.getByText(/It is your only second factor/).waitFor();
    await dialog.getByRole('button', { name: 'Remove', exact: true }).click();
    await section(page).getByText('Off. You can’t open organizations that require it.').waitFor();
  });

  it('a passkey is the second step after a password', async () => {
    const { page } = await open('/account/', { cookie: await logIn(server, account) });
    await add(page, 'Phone');
    await saveCodes(page);
    await logOut(page);
    await page.getByLabel('Email address').fill(account.email);
    await page.getByLabel('Password').fill(goodPassword);
    await page.getByRole('button', { name: 'Log in', exact: true }).click();
    await page.getByText('Use your passkey, or enter a recovery code.').waitFor();
    const sent = page.waitForRequest((request) => request.url().endsWith('/api/0/auth/login/'));
    await page.getByRole('button', { name: 'Log in with a passkey' }).click();
    assert.deepEqual(Object.keys((await sent).postDataJSON()).sort(), ['passkey', 'password', 'username']);
    await eventually(() => assert.equal(new URL(page.url()).pathname, '/'));
  });

  it('renames a passkey by keyboard, on a phone in the dark theme', async () => {
    const { page } = await open('/account/', { cookie: await logIn(server, account), width: 390, theme: 'dark' });
    await add(page, 'Phone');
    await saveCodes(page);
    await section(page).getByRole('button', { name: 'Rename Phone' }).focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Rename Phone' });
    await dialog.waitFor();
    await assertAccessible(page, 'dialog');
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type('A phone with a long name that takes more than one line');
    await page.keyboard.press('Enter');
    await section(page)
      .getByText(/A phone with a long name/)
      .waitFor();
    await dialog.waitFor({ state: 'detached' });
    await assertFits(page);
    await assertAccessible(page);
    await logOut(page);
    await page.getByRole('button', { name: 'Log in with a passkey' }).waitFor();
    await assertFits(page);
    await assertAccessible(page);
  });

  it('[V7.5.1] a passkey confirms a change instead of the password and a code', async () => {
    const { page } = await open('/account/', { cookie: await logIn(server, account) });
    await add(page, 'Laptop');
    await saveCodes(page);
    const long = new Date(Date.now() - 3 * 60 * 60 * 1_000).toISOString();
    await server.services.db
      .updateTable('sessions')
      .set({ authenticated_at: long, second_factor_at: long })
      .where('user_id', '=', account.id)
      .execute();
    await section(page).getByRole('button', { name: 'New recovery codes' }).click();
    const dialog = page.getByRole('dialog', { name: 'Confirm it’s you' });
    await dialog.getByRole('button', { name: 'Use a passkey instead' }).waitFor();
    await assertAccessible(page, 'dialog');
    await dialog.getByRole('button', { name: 'Use a passkey instead' }).click();
    await saveCodes(page);
  });

  it('shows in plain words that a device has a passkey already, and that its user was not verified', async () => {
    const { page, authenticator } = await open('/account/', { cookie: await logIn(server, account) });
    await add(page, 'Laptop');
    await saveCodes(page);
    await add(page, 'Again');
    await page.getByText('This device already has a passkey of your account.').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await authenticator.failToVerify();
    await logOut(page);
    await page.getByRole('button', { name: 'Log in with a passkey' }).click();
    await page.getByText('No passkey was used. Try again, or log in with your password.').waitFor();
  });

  it('the pages at an IP address state why passkeys are not offered', async () => {
    const other = await consoleServer();
    const someone = await anAccount(other);
    const one = await visit(other.url, '/account/', { cookie: await logIn(other, someone) });
    visits.push(one);
    await section(one.page)
      .getByText(/^Browsers refuse passkeys at an IP address\./)
      .waitFor();
    // The page asks for an address first where organizations have verified domains.
    const two = await visit(other.url, '/login/?password');
    visits.push(two);
    await two.page.getByText(/Logins with a passkey are not offered here\. .* not at an IP address\./).waitFor();
    assert.equal(await two.page.getByRole('button', { name: 'Log in with a passkey' }).count(), 0);
    const begun = await other.request('POST', '/api/0/auth/passkey/');
    assert.deepEqual([begun.status, /PUBLIC_URL/.test(begun.body.detail)], [400, true]);
  });
});
