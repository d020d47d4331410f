import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.ts';
import { goodPassword } from '../support/log-in.ts';
import { readMails } from '../support/mailbox.ts';
import { buttonOf, organizationPages, type Person, rowOf } from './organization-pages.ts';
import { assertAccessible, memberRow } from './pages.ts';

describe('credentials in the console', () => {
  const at = organizationPages();

  async function tokenOf(userId: string): Promise<string> {
    const { body } = await at.server.operate('POST', `/users/${userId}/tokens/`, { scopes: ['org:read'] });
    return body.token;
  }
  const statusOf = async (token: string) => (await at.server.request('GET', `/api/0/organizations/${at.slug}/`, { token })).status;
  const enrol = (who: Person) => at.server.operate('POST', `/users/${who.id}/authenticators/`, { type: 'totp' });

  it('[H-52] lets an owner reset a member’s 2FA, which logs the member out and emails them', async () => {
    const member = await at.aMember('member');
    const there = await at.open(member, 'members');
    await enrol(member);
    const page = await at.open(at.owner, 'members');
    await page.getByRole('link', { name: `details of ${member.email}` }).click();
    const panel = page.getByRole('dialog', { name: 'An Account' });
    await buttonOf(panel, 'Reset 2FA').click();
    const confirm = page.getByRole('dialog', { name: 'Reset 2FA for An Account?' });
    await confirm.getByText('logged out everywhere and notified by email').waitFor();
    await assertAccessible(page, 'dialog:last-of-type');
    await buttonOf(confirm, 'Cancel').click();
    await panel.getByText('On', { exact: true }).waitFor();
    await buttonOf(panel, 'Reset 2FA').click();
    await buttonOf(confirm, 'Reset 2FA').click();
    await page.getByText('Reset 2FA for An Account').first().waitFor();
    await panel.getByText('Off', { exact: true }).waitFor();
    await buttonOf(panel, 'Reset 2FA').waitFor({ state: 'detached' });
    await eventually(() => assert.match(there.url(), /\/login\//));
    await eventually(() =>
      assert.ok(
        readMails(at.server, member.email).some(({ text }) => /two-factor/i.test(text)),
        'no mail',
      ),
    );
    await page.goto(new URL(`/organizations/${at.slug}/audit-log/`, at.server.url).href);
    await page
      .getByRole('table', { name: 'Audit log' })
      .getByText(/reset the second factor/)
      .first()
      .waitFor();
  });

  it('[H-52] offers no 2FA reset to managers, for members without 2FA, or for the viewer', async () => {
    const [manager, member, bare] = [await at.aMember('manager'), await at.aMember('member'), await at.aMember('member')];
    await enrol(member);
    const offers = async (who: typeof at.owner, { email }: { email: string }) => {
      const page = await at.open(who, 'members');
      const answered = page.waitForResponse(/\/members\/\d+\/$/, { timeout: 1_000 }).catch(() => {});
      await page.getByRole('link', { name: `details of ${email}` }).click();
      await page.getByRole('dialog').getByText('Project access').waitFor();
      await answered;
      return buttonOf(page, 'Reset 2FA').count();
    };
    assert.equal(await offers(manager, member), 0);
    assert.equal(await offers(at.owner, bare), 0);
    assert.equal(await offers(at.owner, at.owner), 0);
  });

  it('[H-12] removes API tokens with a password change if chosen, and keeps them otherwise', async () => {
    const token = await tokenOf(at.owner.id);
    const page = await at.open(at.owner, '/account/');
    const change = async (from: string, to: string) => {
      await page.getByLabel('Current password').fill(from);
      await page.getByLabel('New password').fill(to);
      await buttonOf(page, 'Change password').click();
      await eventually(async () => assert.equal(await page.getByLabel('New password').inputValue(), ''));
    };
    await change(goodPassword, `${goodPassword} two`);
    assert.equal(await statusOf(token), 200);
    await page.getByRole('region', { name: 'Password' }).getByLabel('Also remove all my API tokens').check();
    await change(`${goodPassword} two`, `${goodPassword} three`);
    assert.equal(await statusOf(token), 401);
    await page.getByRole('region', { name: 'API tokens' }).getByRole('listitem').waitFor({ state: 'detached' });
  });

  it('[H-12] removes API tokens with a password reset by email if chosen', async () => {
    const member = await at.aMember('member');
    const [kept, ended] = [await tokenOf(at.owner.id), await tokenOf(member.id)];
    const page = await at.open(member, '/account/');
    await page.goto(new URL('/forgot-password/', at.server.url).href);
    await page.getByLabel('Email address').fill(member.email);
    await page.getByRole('button').click();
    const link = await eventually(() => /https?:\/\/\S+\/reset-password\/\S+/.exec(readMails(at.server, member.email).at(-1)!.text)![0]);
    const { pathname, search, hash } = new URL(link);
    await page.goto(new URL(pathname + search + hash, at.server.url).href);
    await page.getByLabel('New password').fill(`${goodPassword} two`);
    await page.getByLabel(/Also remove all my API tokens/).check();
    await assertAccessible(page);
    await buttonOf(page, 'Reset password').click();
    await eventually(async () => assert.equal(await statusOf(ended), 401));
    assert.equal(await statusOf(kept), 200, 'tokens of other users stay');
  });

  it('[10.2] creates an API token that expires after the chosen time', async () => {
    const page = await at.open(at.owner, 'tokens');
    await page.goto(new URL('/account/', at.server.url).href);
    const region = page.getByRole('region', { name: 'API tokens' });
    const create = async (name: string, days: string | null) => {
      await region.getByRole('button', { name: 'Create token' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Name').fill(name);
      if (days !== null) await dialog.getByLabel('Expires after').selectOption(days);
      await dialog.getByRole('button', { name: 'Create token' }).click();
      await page.getByRole('dialog', { name: /Your new token/ }).waitFor();
      await page.keyboard.press('Escape');
      await buttonOf(page, 'Close anyway').click();
    };
    await create('For a quarter', null);
    await create('For a week', '7 days');
    await create('For all time', 'Never');
    const daysOf = async (name: string) => {
      const { expires_at } = await at.server.services.db
        .selectFrom('auth_tokens')
        .select('expires_at')
        .where('name', '=', name)
        .executeTakeFirstOrThrow();
      return expires_at && Math.round((Date.parse(expires_at) - Date.now()) / 86_400_000);
    };
    assert.deepEqual(await Promise.all(['For a quarter', 'For a week', 'For all time'].map(daysOf)), [90, 7, null]);
    await region
      .getByRole('listitem')
      .filter({ hasText: 'For a week' })
      .getByText(/expires on /)
      .waitFor();
  });

  it('[H-72] shows when each token was last used and when it expires', async () => {
    const day = 24 * 60 * 60 * 1_000;
    await at.asOwner('POST', '/organizations/:org/org-auth-tokens/', { name: 'Deploy', scopes: ['org:ci'] });
    const expiresAt = new Date(Date.now() + 30 * day).toISOString();
    const { body } = await at.server.operate('POST', `/users/${at.owner.id}/tokens/`, { scopes: ['org:read'], expiresAt });
    await tokenOf(at.owner.id);
    const page = await at.open(at.owner, 'tokens');
    const row = rowOf(page, 'Tokens', 'Deploy');
    await row.getByText('Never', { exact: true }).waitFor();
    await page.getByText('They don’t expire.').waitFor();
    await page.goto(new URL('/account/', at.server.url).href);
    const items = page.getByRole('region', { name: 'API tokens' }).getByRole('listitem');
    await items.filter({ hasText: /Never used · never expires/ }).waitFor();
    await items.filter({ hasText: /Never used · expires on / }).waitFor();
    assert.equal(await statusOf(body.token), 200);
    await page.reload();
    await items.filter({ hasText: /Last used just now · expires on / }).waitFor();
    assert.equal(await items.count(), 2);
    await page.goto(new URL(`/organizations/${at.slug}/members/`, at.server.url).href);
    await memberRow(page, at.owner.email).waitFor();
  });
});
