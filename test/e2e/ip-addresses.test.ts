import assert from 'node:assert/strict';
import { sql } from 'kysely';
import type { Page } from 'playwright-core';
import { recordScimAddress } from '../../server/src/database/tokens/scim-addresses.ts';
import { eventually } from '../support/eventually.ts';
import { logIn } from '../support/log-in.ts';
import { enableScim } from '../support/scim.ts';
import { WireReplica } from '../support/wire-replica.ts';
import { buttonOf, hasNoSidewaysScroll, organizationPages, rowOf } from './organization-pages.ts';
import { assertAccessible, tabTo } from './pages.ts';

/** The browser connects from 127.0.0.1. */
const elsewhere = '127.0.0.2';

describe('the page of IP addresses', () => {
  const at = organizationPages();

  const aSwitch = (page: Page) => page.getByRole('switch', { name: 'Allow only the addresses on the list' });
  const saveBar = (page: Page) => page.getByRole('region', { name: 'Unsaved changes' });

  async function addAddress(page: Page, cidr: string, description = ''): Promise<void> {
    await buttonOf(page, 'Add address').first().click();
    const dialog = page.getByRole('dialog', { name: 'Add an address' });
    await dialog.getByLabel('Address or network').fill(cidr);
    await dialog.getByLabel('Description').fill(description);
    await buttonOf(dialog, 'Add').click();
  }

  it('shows the connections that a draft would end, asks before saving it, and ends them', async () => {
    const member = await at.aMember('member');
    const replica = await WireReplica.open(at.server.url, { cookie: await logIn(at.server, member), localAddress: elsewhere }, at.slug);
    const page = await at.open(at.owner, 'ip-addresses', { width: 1440 });
    await page.getByText('If the list were on, it would close 2 connections.').waitFor();
    const connected = page.getByRole('list', { name: 'Connected addresses' }).getByRole('listitem');
    await connected.filter({ hasText: elsewhere }).getByText('Not included').waitFor();
    await buttonOf(page, 'Add my address').click();
    await rowOf(page, 'Allowed addresses', '127.0.0.1').waitFor();
    await page.getByText('If the list were on, it would close 1 connection.').waitFor();
    await aSwitch(page).click();
    await saveBar(page).getByText('This list closes 1 connection.').waitFor();
    await assertAccessible(page);
    await buttonOf(saveBar(page), 'Save changes').click();
    const dialog = page.getByRole('dialog', { name: 'Save the IP addresses?' });
    await dialog.getByText('This list closes 1 connection.').waitFor();
    assert.equal(replica.revoked, null);
    await buttonOf(dialog, 'Save changes').click();
    await eventually(() => assert.equal(replica.revoked?.reason, 'address-not-allowed'));
    await saveBar(page).waitFor({ state: 'hidden' });
    await connected.filter({ hasText: elsewhere }).waitFor({ state: 'hidden', timeout: 15_000 });
    replica.close();
  });

  it('asks before it saves a list that shuts out the identity provider, which has no connection', async () => {
    const { body } = await at.asOwner('GET', '/organizations/:org/');
    await enableScim(at.server, body.id);
    const { db } = at.server.services;
    const { id } = await db.selectFrom('auth_tokens').select('id').where('organization_id', '=', body.id).executeTakeFirstOrThrow();
    await recordScimAddress(db, body.id, { tokenId: id, address: elsewhere });
    const page = await at.open(at.owner, 'ip-addresses', { width: 1440 });
    await buttonOf(page, 'Add my address').click();
    await aSwitch(page).click();
    const effect = `This list includes everyone who is connected, but shuts out your identity provider (${elsewhere}).`;
    await saveBar(page).getByText(effect).waitFor();
    await buttonOf(saveBar(page), 'Save changes').click();
    const dialog = page.getByRole('dialog', { name: 'Save the IP addresses?' });
    await dialog.getByText(effect).waitFor();
    await buttonOf(dialog, 'Save changes').click();
    await saveBar(page).waitFor({ state: 'hidden' });
  });

  it('shows the server’s error about an address in the dialog, and edits and removes addresses by keyboard', async () => {
    const page = await at.open(at.owner, 'ip-addresses', { width: 390, height: 844 });
    await addAddress(page, '10.1.2.3/8');
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Did you mean 10.0.0.0/8?').waitFor();
    await page.mouse.move(0, 0);
    await assertAccessible(page, 'dialog');
    await dialog.getByLabel('Address or network').fill('10.0.0.0/8');
    await page.keyboard.press('Enter');
    await rowOf(page, 'Allowed addresses', '10.0.0.0/8').waitFor();
    await addAddress(page, '2001:db8:1234:5678::/64', 'The office');
    await hasNoSidewaysScroll(page);
    await tabTo(page, buttonOf(page, 'Edit 10.0.0.0/8'));
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Edit 10.0.0.0/8' }).getByLabel('Description').fill('VPN');
    await page.keyboard.press('Enter');
    await rowOf(page, 'Allowed addresses', '10.0.0.0/8').getByText('VPN').waitFor();
    await tabTo(page, buttonOf(page, 'Remove 2001:db8:1234:5678::/64'));
    await page.keyboard.press('Space');
    await tabTo(page, buttonOf(page, 'Save changes'));
    await page.keyboard.press('Enter');
    await saveBar(page).waitFor({ state: 'hidden' });
    const { body } = await at.asOwner('GET', '/organizations/:org/ip-allow-list/');
    assert.deepEqual(
      body.rules.map(({ cidr, description }: { cidr: string; description: string }) => [cidr, description]),
      [['10.0.0.0/8', 'VPN']],
    );
    await hasNoSidewaysScroll(page);
    await assertAccessible(page);
  });

  it('explains why a list without the user’s own address is not saved', async () => {
    const page = await at.open(at.owner, 'ip-addresses');
    await addAddress(page, '10.0.0.0/8');
    await aSwitch(page).click();
    await buttonOf(saveBar(page), 'Save changes').click();
    await buttonOf(page.getByRole('dialog'), 'Save changes').click();
    await saveBar(page).getByRole('alert').filter({ hasText: 'Your own address 127.0.0.1 is not included.' }).waitFor();
    await buttonOf(saveBar(page), 'Discard').click();
    await page.getByRole('heading', { name: 'No addresses yet' }).waitFor();
  });

  it('shows the list to managers, who cannot change it, and updates it live', async () => {
    const page = await at.open(await at.aMember('manager'), 'ip-addresses');
    await page.getByText('Only owners can change this.').waitFor();
    await at.asOwner('PUT', '/organizations/:org/ip-allow-list/', {
      isEnabled: true,
      rules: [{ cidr: '127.0.0.0/8', description: 'Loopback' }],
    });
    await rowOf(page, 'Allowed addresses', '127.0.0.0/8').getByText('Loopback').waitFor();
    await page.getByText('Included', { exact: true }).waitFor();
    assert.equal(await page.getByRole('switch').count(), 0);
    await assertAccessible(page);
  });

  it('asks for the password before it shows who is connected, if the login is old', async () => {
    const { db } = at.server.services;
    const page = await at.open(at.owner, 'ip-addresses');
    await page.getByRole('list', { name: 'Connected addresses' }).waitFor();
    await db
      .updateTable('sessions')
      .set({ authenticated_at: sql`authenticated_at - interval '3 hours'` })
      .where('user_id', '=', at.owner.id)
      .execute();
    await page.reload();
    await buttonOf(page, 'Confirm password').click();
    await page.getByRole('dialog').getByLabel('Password').waitFor();
    await assertAccessible(page, 'dialog');
  });

  it('replaces the page of a member whose address is no longer allowed', async () => {
    const page = await at.open(await at.aMember('member'), 'members');
    const { body } = await at.asOwner('PUT', '/organizations/:org/ip-allow-list/', {
      isEnabled: true,
      rules: [{ cidr: '127.0.0.1', expiresAt: new Date(Date.now() + 1_000).toISOString() }],
    });
    assert.equal(body.isEnabled, true);
    await page.getByRole('heading', { name: 'Your access has ended' }).waitFor();
    await page.getByText('This organization doesn’t allow access from your IP address. Your address is 127.0.0.1.').waitFor();
    await assertAccessible(page);
    await page.reload();
    await page.getByRole('heading', { name: 'You don’t have access' }).waitFor();
    await page.getByText('This organization doesn’t allow access from your IP address. Your address is 127.0.0.1.').waitFor();
  });
});
