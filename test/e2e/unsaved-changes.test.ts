import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { Locator, Page } from 'playwright-core';
import { codeOf, goodPassword } from '../support/log-in.ts';
import { buttonOf, organizationPages } from './organization-pages.ts';
import { assertAccessible, isLive } from './pages.ts';

const asksBeforeUnload = (page: Page) => page.evaluate(() => !dispatchEvent(new Event('beforeunload', { cancelable: true })));

/** Holds the writes to `url`. Resolves once one has arrived, to a function that lets all pass. */
async function holdWrites(page: Page, url: string | RegExp, send: () => Promise<unknown>): Promise<() => void> {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const arrived = new Promise<void>((resolve) => {
    void page.route(url, async (route) => {
      if (route.request().method() === 'GET') return route.continue();
      resolve();
      await released;
      await route.continue();
    });
  });
  await send();
  await arrived;
  return release;
}

interface Form {
  readonly path: string;
  /** The name in the question: "Discard changes to IP addresses?". */
  readonly what: string;
  /** Edits the form. Returns the text or the field whose value must stay. */
  edit(page: Page): Promise<unknown>;
  /** Asserts that the edit is still there. */
  isKept(page: Page): Promise<unknown>;
}

/** A form that is edited in one of its fields. */
const field = (path: string, what: string, label: string | RegExp, text: string): Form => ({
  path,
  what,
  edit: (page) => page.getByLabel(label).first().fill(text),
  isKept: async (page) => assert.equal(await page.getByLabel(label).first().inputValue(), text),
});

/** Every form that is part of a page. Those in dialogs share one component. */
const forms: readonly Form[] = [
  {
    path: 'ip-addresses',
    what: 'IP addresses',
    edit: async (page) => {
      for (const cidr of ['203.0.113.0/24', '198.51.100.7/32']) {
        await buttonOf(page, 'Add address').first().click();
        await page.getByLabel('Address or network').fill(cidr);
        await buttonOf(page.getByRole('dialog'), 'Add').click();
        await page.getByRole('row', { name: cidr }).waitFor();
      }
    },
    isKept: async (page) => {
      for (const cidr of ['203.0.113.0/24', '198.51.100.7/32']) await page.getByRole('row', { name: cidr }).waitFor();
    },
  },
  field('settings', 'name and slug', 'Name', 'Another name'),
  field('settings', 'lists of fields', 'Sensitive fields', 'iban'),
  field('retention', 'retention settings', /^Audit log, in days|, in days$/, '90'),
  field('teams/:team', '#web', 'Name', 'The web'),
  field('projects/:project', 'shop', 'Name', 'The shop'),
  {
    path: 'single-sign-on',
    what: 'the provider’s values',
    edit: async (page) => {
      await page.getByLabel('Identity provider').selectOption('okta');
      await page.getByLabel('Metadata URL').fill('https://idp.example/metadata');
    },
    isKept: async (page) => assert.equal(await page.getByLabel('Metadata URL').inputValue(), 'https://idp.example/metadata'),
  },
  field('/account/', 'new email address', 'Add an email address', 'ada@example.org'),
  field('/account/', 'new password', 'New password', 'a long new password'),
];

describe('unsaved changes in the console', function () {
  this.timeout(90_000);
  const at = organizationPages();

  async function open(path: string, ids: Readonly<Record<string, string>> = {}): Promise<Page> {
    const filled = path.replace(/:(\w+)/g, (_, name: string) => ids[name]!);
    // Another page first, which Back returns to.
    const page = await at.open(at.owner, path.startsWith('/') ? '/' : 'audit-log');
    await page.goto(new URL(filled.startsWith('/') ? filled : `/organizations/${at.slug}/${filled}/`, at.server.url).href);
    if (!filled.startsWith('/')) await isLive(page);
    return page;
  }

  for (const { path, what, edit, isKept } of forms) {
    it(`[H-74] ask before they are discarded: ${what} on ${path}`, async () => {
      await at.asOwner('POST', '/organizations/:org/teams/', { slug: 'web' });
      const made = await at.asOwner('POST', `/teams/${at.slug}/web/projects/`, { name: 'shop' });
      const { body: teams } = await at.asOwner('GET', '/organizations/:org/teams/');
      const page = await open(path, { team: teams[0].id, project: made.body.id });
      assert.equal(await asksBeforeUnload(page), false);
      await edit(page);
      assert.equal(await asksBeforeUnload(page), true, 'closing the tab asks');
      const dialog = page.getByRole('dialog', { name: `Discard changes to ${what}?` });
      const address = page.url();
      const leave = path.startsWith('/')
        ? () => page.getByRole('link', { name: 'Rollcall' }).click()
        : path.includes(':')
          ? () => page.keyboard.press('Escape')
          : () => page.getByRole('link', { name: 'Members' }).click();
      await leave();
      await dialog.waitFor();
      await assertAccessible(page, 'dialog[open]');
      await buttonOf(dialog, 'Cancel').click();
      await isKept(page);
      assert.equal(page.url(), address);
      await leave();
      await buttonOf(dialog, 'Discard changes').click();
      await dialog.waitFor({ state: 'detached' });
      await page.waitForURL((url) => url.href !== address);
      assert.equal(await asksBeforeUnload(page), false);
    });
  }

  it('ask before the Back button and the organization menu discard them', async () => {
    const made = await at.server.operate('POST', '/organizations/', { name: 'Elsewhere', ownerId: at.owner.id });
    const page = await at.open(at.owner, 'members');
    await page.getByRole('link', { name: 'Teams' }).click();
    await page.getByRole('link', { name: 'Settings' }).click();
    const name = page.getByLabel('Name', { exact: true });
    await name.fill('Another name');
    const dialog = page.getByRole('dialog', { name: 'Discard changes to name and slug?' });
    await page.evaluate(() => history.back());
    await dialog.waitFor();
    await page.waitForURL(/\/settings\/$/);
    await buttonOf(dialog, 'Cancel').click();
    assert.equal(await name.inputValue(), 'Another name');
    await page.locator('.sidebar').getByRole('button').first().click();
    await page.getByRole('menu').getByText('Elsewhere').click();
    await dialog.waitFor();
    await buttonOf(dialog, 'Cancel').click();
    assert.equal(await name.inputValue(), 'Another name');
    await page.evaluate(() => history.back());
    await buttonOf(dialog, 'Discard changes').click();
    await page.waitForURL(/\/teams\/$/);
    await page.getByRole('heading', { name: 'Teams', level: 1 }).waitFor();
    await page.goBack();
    await page.waitForURL(/\/members\/$/);
    assert.ok(made.body.slug);
  });

  it('ask before Escape closes a dialog with a form that was filled in', async () => {
    const page = await at.open(at.owner, 'teams');
    await buttonOf(page, 'Create team').first().click();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await buttonOf(page, 'Create team').first().click();
    const form = page.getByRole('dialog', { name: 'Create a team' });
    await form.getByRole('textbox').first().fill('web');
    await page.keyboard.press('Escape');
    const question = page.getByRole('dialog', { name: 'Discard what you entered?' });
    await buttonOf(question, 'Cancel').click();
    assert.equal(await form.getByRole('textbox').first().inputValue(), 'web');
    await buttonOf(form, 'Create team').click();
    await form.waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'Invitations' }).click();
    await buttonOf(page, 'Invite members').first().click();
    await page.getByLabel('Email addresses').fill('ada@example.org, bob@example.org');
    await page.keyboard.press('Escape');
    await buttonOf(question, 'Cancel').click();
    await buttonOf(page, 'Edit ada@example.org').waitFor();
    await page.keyboard.press('Escape');
    await buttonOf(question, 'Discard').click();
    await page.getByRole('dialog').first().waitFor({ state: 'detached' });
  });
});

describe('a form in a dialog', function () {
  this.timeout(90_000);
  const at = organizationPages();

  it('asks although Escape follows the input before the browser does anything else', async () => {
    const page = await at.open(at.owner, 'teams');
    await buttonOf(page, 'Create team').first().click();
    const form = page.getByRole('dialog', { name: 'Create a team' });
    await form
      .getByRole('textbox')
      .first()
      .evaluate(async (input: HTMLInputElement) => {
        // The setter of the element, since React has replaced that of the instance.
        Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')!.set!.call(input, 'web');
        input.dispatchEvent(new Event('input', { bubbles: true }));
        // React renders the event in a microtask. Timers and messages come after Escape.
        for (let turns = 0; turns < 10; turns++) await null;
        input.closest('dialog')!.dispatchEvent(new Event('cancel', { cancelable: true }));
      });
    const question = page.getByRole('dialog', { name: 'Discard what you entered?' });
    await buttonOf(question, 'Cancel').click();
    assert.equal(await form.getByRole('textbox').first().inputValue(), 'web');
  });
});

describe('a question about a form in a dialog', function () {
  this.timeout(90_000);
  const at = organizationPages();

  it('stays on top of the form, however often the user presses Escape', async () => {
    const page = await at.open(at.owner, 'teams');
    await buttonOf(page, 'Create team').first().click();
    const form = page.getByRole('dialog', { name: 'Create a team' });
    await form.getByRole('textbox').first().fill('web');
    const titles = () =>
      page.evaluate(() => {
        // Above the middle, where both dialogs have their text.
        const dialogs = [...document.querySelectorAll('dialog[open]')];
        const top = dialogs.map((dialog) => {
          const { left, top: upper, width, height } = dialog.querySelector('h1')!.getBoundingClientRect();
          return document.elementFromPoint(left + width / 2, upper + height / 2)?.closest('dialog') === dialog;
        });
        return dialogs.map((dialog, index) => `${dialog.querySelector('h1')!.textContent}${top[index] ? ' (on top)' : ''}`);
      });
    const question = page.getByRole('dialog', { name: 'Discard what you entered?' });
    let shown = 0;
    for (let presses = 0; presses < 10; presses++) {
      const wasShown = await question.isVisible();
      await page.keyboard.press('Escape');
      // A press closes the question or opens it.
      if (wasShown) await page.waitForFunction(() => document.activeElement?.closest('dialog') !== null);
      else await question.waitFor();
      const now = await titles();
      const isShown = now.some((title) => title.startsWith('Discard'));
      if (isShown) shown += 1;
      assert.match(now.find((title) => title.endsWith('(on top)')) ?? '', isShown ? /^Discard/ : /^Create/, now.join(', '));
    }
    assert.ok(shown >= 5, `the question was shown ${shown} times`);
    if (!(await question.isVisible())) await page.keyboard.press('Escape');
    await buttonOf(question, 'Cancel').click();
    assert.equal(await form.getByRole('textbox').first().inputValue(), 'web');
  });
});

describe('a form whose request runs', function () {
  this.timeout(90_000);
  const at = organizationPages();
  const questionOn = (page: Page) => page.getByRole('dialog', { name: 'The server hasn’t responded yet. Leave anyway?' });

  /** Opens the page from another one, which Back returns to. */
  async function openFrom(from: string, path: string): Promise<Page> {
    const page = await at.open(at.owner, from);
    await page.goto(new URL(path.startsWith('/') ? path : `/organizations/${at.slug}/${path}/`, at.server.url).href);
    if (!path.startsWith('/')) await isLive(page);
    return page;
  }

  it('asks before Back and a reload, and then shows the token that the server has created', async () => {
    const page = await at.open(at.owner, 'members');
    await page.getByRole('link', { name: 'Tokens' }).click();
    const address = page.url();
    await buttonOf(page, 'Create token').first().click();
    await page.getByLabel('Name').fill('Deploy pipeline');
    const send = buttonOf(page.getByRole('dialog'), 'Create token');
    const release = await holdWrites(page, '**/org-auth-tokens/', () => send.click());
    assert.equal(await asksBeforeUnload(page), true);
    await page.evaluate(() => history.back());
    await questionOn(page).waitFor();
    await assertAccessible(page, 'dialog[open]');
    await buttonOf(questionOn(page), 'Cancel').click();
    assert.equal(page.url(), address);
    await page.evaluate(() => history.back());
    await questionOn(page).waitFor();
    release();
    // The response makes the question pointless.
    await questionOn(page).waitFor({ state: 'detached' });
    await page.getByLabel('Token', { exact: true }).waitFor();
    await page.evaluate(() => history.back());
    const secret = page.getByRole('dialog', { name: 'You haven’t copied this token. Leave anyway?' });
    await buttonOf(secret, 'Leave').click();
    await page.waitForURL(/\/members\/$/);
  });

  it('asks before Back, and then keeps what the server refused', async () => {
    await at.asOwner('POST', '/organizations/:org/teams/', { slug: 'web' });
    const page = await at.open(at.owner, 'members');
    await page.getByRole('link', { name: 'Teams' }).click();
    await buttonOf(page, 'Create team').first().click();
    const form = page.getByRole('dialog', { name: 'Create a team' });
    await form.getByRole('textbox').first().fill('web');
    const release = await holdWrites(page, '**/teams/', () => buttonOf(form, 'Create team').click());
    await page.evaluate(() => history.back());
    await questionOn(page).waitFor();
    release();
    await questionOn(page).waitFor({ state: 'detached' });
    await form
      .getByText(/already|taken/)
      .first()
      .waitFor();
    assert.equal(await form.getByRole('textbox').first().inputValue(), 'web');
    await page.evaluate(() => history.back());
    await buttonOf(page.getByRole('dialog', { name: 'Discard what you entered?' }), 'Discard').click();
    await page.waitForURL(/\/members\/$/);
  });

  it('asks before a link leaves it, if the form is part of a page, and leaves without a response', async () => {
    const page = await openFrom('members', 'settings');
    const name = page.getByLabel('Name', { exact: true });
    await name.fill('Another name');
    const form = page.locator('form', { has: name });
    const release = await holdWrites(page, /\/organizations\//, () => buttonOf(form, 'Save').click());
    assert.equal(await asksBeforeUnload(page), true);
    await page.getByRole('link', { name: 'Teams' }).click();
    await buttonOf(questionOn(page), 'Cancel').click();
    assert.equal(await name.inputValue(), 'Another name');
    await page.getByRole('link', { name: 'Teams' }).click();
    await buttonOf(questionOn(page), 'Leave').click();
    await page.waitForURL(/\/teams\/$/);
    release();
  });
});

describe('a confirmation whose request runs', function () {
  this.timeout(90_000);
  const at = organizationPages();

  /** Asserts that neither Escape nor the buttons close the dialog. */
  async function staysOpen(page: Page, dialog: Locator): Promise<void> {
    for (let presses = 0; presses < 10; presses++) await page.keyboard.press('Escape');
    await page.mouse.click(5, 5);
    await buttonOf(dialog, 'Close').click();
    assert.ok(await dialog.isVisible());
    assert.equal(await buttonOf(dialog, 'Cancel').getAttribute('aria-disabled'), 'true');
  }

  it('stays open until the server has responded, however often the user presses Escape', async () => {
    const { body } = await at.asOwner('POST', '/organizations/:org/teams/', { slug: 'web' });
    const page = await at.open(at.owner, `teams/${body.id}`);
    await buttonOf(page, 'Remove team').click();
    const dialog = page.getByRole('dialog', { name: 'Remove #web?' });
    const remove = buttonOf(dialog, 'Remove team');
    const release = await holdWrites(page, /\/teams\//, async () => {
      await dialog.getByRole('textbox').fill('web');
      await remove.click();
    });
    await staysOpen(page, dialog);
    release();
    await dialog.waitFor({ state: 'detached' });
  });

  it('stays open until the server has checked the password', async () => {
    const page = await at.open(at.owner, '/account/');
    await at.server.services.db
      .updateTable('sessions')
      .set({ authenticated_at: new Date(Date.now() - 3 * 60 * 60 * 1_000).toISOString() })
      .where('user_id', '=', at.owner.id)
      .execute();
    await buttonOf(page, 'Enable').click();
    const dialog = page.getByRole('dialog', { name: 'Confirm it’s you' });
    const password = dialog.getByLabel('Password');
    await password.fill('not the password');
    const release = await holdWrites(page, '**/api/0/auth/', () => buttonOf(dialog, 'Confirm').click());
    await staysOpen(page, dialog);
    release();
    await dialog.getByText('Wrong password.').waitFor();
    assert.equal(await password.inputValue(), 'not the password');
    await buttonOf(dialog, 'Cancel').click();
    await dialog.waitFor({ state: 'detached' });
  });

  it('asks before Back while a secret is rotated, and then shows the new secret', async () => {
    await at.asOwner('POST', '/organizations/:org/webhooks/', { url: 'https://chat.invalid/events', description: 'Chat' });
    const page = await at.open(at.owner, 'members');
    await page.getByRole('link', { name: 'Webhooks' }).click();
    await buttonOf(page, 'Actions for Chat').click();
    await page.getByRole('menuitem', { name: 'Rotate the secret' }).click();
    const dialog = page.getByRole('dialog', { name: 'Rotate the signing secret?' });
    const release = await holdWrites(page, /\/webhooks\//, () => buttonOf(dialog, 'Rotate secret').click());
    await page.evaluate(() => history.back());
    const question = page.getByRole('dialog', { name: 'The server hasn’t responded yet. Leave anyway?' });
    await question.waitFor();
    release();
    await question.waitFor({ state: 'detached' });
    await page.getByLabel('Signing secret', { exact: true }).waitFor();
  });
});

describe('invitations that the console is sending', function () {
  this.timeout(90_000);
  const at = organizationPages();

  it('[H-74] stay in the dialog on Escape and on leaving, and those that were not sent can be sent later', async () => {
    const page = await at.open(at.owner, 'invitations');
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route('**/members/', async (route) => {
      if (route.request().method() === 'POST') await released;
      await route.continue();
    });
    await buttonOf(page, 'Invite members').first().click();
    await page.getByLabel('Email addresses').fill('ada@example.org, bob@example.org, cora@example.org,');
    await buttonOf(page.getByRole('dialog'), 'Send 3 invitations').click();
    const sending = page.getByRole('dialog', { name: 'Sending invitations' });
    await sending.getByText('Sending 1 of 3…').waitFor();
    assert.equal(await asksBeforeUnload(page), true);
    await page.keyboard.press('Escape');
    const question = page.getByRole('dialog', { name: 'Stop sending invitations?' });
    await question.getByText('3 haven’t been sent.').waitFor();
    await assertAccessible(page, 'dialog[open]');
    await buttonOf(question, 'Cancel').click();
    await page.keyboard.press('Escape');
    await buttonOf(question, 'Stop').click();
    release();
    await sending.getByText('1 of 3 invitations sent.').waitFor();
    assert.equal(await sending.getByText('Not sent').count(), 2);
    await buttonOf(sending, 'Fix and retry 2').click();
    await buttonOf(page.getByRole('dialog'), 'Send 2 invitations').click();
    await sending.getByText('2 invitations sent.').waitFor();
    assert.equal(await asksBeforeUnload(page), false, 'there is nothing to lose');
    await page.keyboard.press('Escape');
    await sending.waitFor({ state: 'detached' });
    const { body } = await at.asOwner('GET', '/organizations/:org/members/');
    const invited = body.map(({ email }: { email: string }) => email).filter((email: string) => email.endsWith('@example.org'));
    assert.deepEqual(invited.sort(), ['ada@example.org', 'bob@example.org', 'cora@example.org']);
  });
});

describe('secrets that the console shows once', function () {
  this.timeout(90_000);
  const at = organizationPages();

  async function isGuarded(page: Page, text: string): Promise<void> {
    const warning = page.getByRole('dialog').getByText(text);
    await page.keyboard.press('Escape');
    await warning.waitFor();
    assert.equal(await asksBeforeUnload(page), true);
    await assertAccessible(page, 'dialog[open]');
    await page.mouse.click(5, 5);
    await warning.waitFor();
  }

  /** Opens the dialog that enables 2FA. */
  async function startTotp(page: Page): Promise<Locator> {
    await buttonOf(page, 'Enable').click();
    const password = page.getByRole('dialog', { name: 'Confirm it’s you' });
    const code = page.getByRole('dialog', { name: 'Set up two-factor authentication' });
    await password.or(code).waitFor();
    if (await password.isVisible()) {
      await password.getByLabel('Password').fill(goodPassword);
      await buttonOf(password, 'Confirm').click();
    }
    return code;
  }

  it('[H-74] stay open on Escape and on a click outside until they are copied: a token', async () => {
    const page = await at.open(at.owner, 'tokens');
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    for (const leave of ['Copy', 'Close anyway']) {
      await buttonOf(page, 'Create token').first().click();
      await page.getByLabel('Name').fill('Deploy pipeline');
      await buttonOf(page.getByRole('dialog'), 'Create token').click();
      const token = await page.getByLabel('Token', { exact: true }).inputValue();
      await isGuarded(page, 'You haven’t copied this token');
      await buttonOf(page, leave).click();
      if (leave === 'Copy') {
        await page.getByText('You haven’t copied this token').waitFor({ state: 'detached' });
        assert.equal(await page.evaluate(() => navigator.clipboard.readText()), token);
        await page.keyboard.press('Escape');
      }
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      assert.equal(await asksBeforeUnload(page), false);
    }
  });

  it('[H-74] stay open on a double click: a token', async () => {
    const page = await at.open(at.owner, 'tokens');
    await buttonOf(page, 'Create token').first().click();
    await page.getByLabel('Name').fill('Deploy pipeline');
    await buttonOf(page.getByRole('dialog'), 'Create token').click();
    const token = page.getByLabel('Token', { exact: true });
    await token.waitFor();
    await buttonOf(page, 'Done').dblclick();
    await page.getByText('You haven’t copied this token').waitFor();
    assert.ok(await token.isVisible());
    await buttonOf(page, 'Done').focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    assert.ok(await token.isVisible());
    await buttonOf(page, 'Close anyway').click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  it('[H-74] appear although the user pressed Escape while they were created: a token and recovery codes', async () => {
    const page = await at.open(at.owner, 'tokens');
    /** Presses Escape during the request. */
    const pressEscape = async (url: string, send: Locator): Promise<void> => {
      const release = await holdWrites(page, url, () => send.click());
      await page.keyboard.press('Escape');
      await page.keyboard.press('Escape');
      release();
    };
    await buttonOf(page, 'Create token').first().click();
    await page.getByLabel('Name').fill('Deploy pipeline');
    await pressEscape('**/org-auth-tokens/', buttonOf(page.getByRole('dialog'), 'Create token'));
    await page.getByLabel('Token', { exact: true }).waitFor();
    await buttonOf(page, 'Done').click();
    await buttonOf(page, 'Close anyway').click();
    await page.goto(new URL('/account/', at.server.url).href);
    const code = await startTotp(page);
    await code.getByLabel('Authentication code').fill(codeOf((await code.locator('code').textContent())!));
    await pressEscape('**/totp/confirm/', buttonOf(code, 'Enable'));
    await page.getByRole('dialog', { name: 'Your recovery codes' }).waitFor();
  });

  it('stay open on Escape until they are copied: the secret of a webhook', async () => {
    const page = await at.open(at.owner, 'webhooks');
    await buttonOf(page, 'Add webhook').first().click();
    await page.getByRole('dialog').getByLabel('URL').fill('https://hooks.example.com/rollcall');
    await buttonOf(page.getByRole('dialog'), 'Add webhook').click();
    await page.getByLabel('Signing secret', { exact: true }).waitFor();
    await isGuarded(page, 'You haven’t copied this secret');
    await buttonOf(page, 'Close anyway').click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  it('[H-74] recovery codes stay open on Escape, are grouped, and can be downloaded', async () => {
    const page = await at.open(at.owner, '/account/');
    const code = await startTotp(page);
    const secret = (await code.locator('code').textContent())!;
    await code.getByLabel('Authentication code').fill(codeOf(secret));
    await buttonOf(code, 'Enable').click();
    const shown = page.getByRole('dialog', { name: 'Your recovery codes' });
    await shown.waitFor();
    const codes = await shown.getByRole('listitem').allInnerTexts();
    assert.equal(codes.length, 10);
    for (const one of codes) assert.match(one, /^([a-z2-7]{4}-){6}[a-z2-7]{2}$/);
    await isGuarded(page, 'You haven’t saved these codes');
    const [download] = await Promise.all([page.waitForEvent('download'), buttonOf(shown, 'Download .txt').click()]);
    const text = await readFile((await download.path())!, 'utf8');
    for (const one of codes) assert.ok(text.includes(one));
    assert.match(download.suggestedFilename(), /\.txt$/);
    await shown.getByRole('checkbox', { name: 'I saved them' }).check();
    await buttonOf(shown, 'Done').click();
    await shown.waitFor({ state: 'detached' });

    // A code works as it is shown.
    const login = await at.server.request('POST', '/api/0/auth/login/', {
      body: { username: at.owner.email, password: goodPassword, otp: codes[0] },
    });
    assert.ok(login.status < 300, JSON.stringify(login.body));
  });
});
