import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { eventually } from '../support/eventually.ts';
import { buttonOf, hasNoSidewaysScroll, organizationPages } from './organization-pages.ts';
import { assertAccessible, tabTo } from './pages.ts';

const url = 'https://receiver.invalid/events';

describe('the page of webhooks', () => {
  const at = organizationPages();

  const item = (page: Page, name: string) => page.getByRole('listitem', { name });
  const choose = async (page: Page, name: string, action: string) => {
    await buttonOf(page, `Actions for ${name}`).click();
    await page.getByRole('menuitem', { name: action, exact: true }).click();
  };

  /** The stored webhook with its deliveries, without attempts of the server. */
  async function aDisabledWebhook(description: string): Promise<string> {
    const { body } = await at.asOwner('POST', '/organizations/:org/webhooks/', { url, description });
    await at.asOwner('PUT', `/organizations/:org/webhooks/${body.id}/`, { status: 'disabled' });
    const { db } = at.server.services;
    const { organization_id: orgId } = await db
      .selectFrom('webhooks')
      .select('organization_id')
      .where('id', '=', body.id)
      .executeTakeFirstOrThrow();
    const delivery = { organization_id: orgId, consumer: `webhook:${body.id}`, event_type: 'member.added', ms: 12, next_attempt_at: null };
    await db
      .insertInto('deliveries')
      .values([
        {
          ...delivery,
          event_id: `${orgId}.1.0`,
          attempt: 1,
          delivered_at: '2026-03-01T12:00:00Z',
          status: 200,
          error: null,
          response: 'ok',
        },
        {
          ...delivery,
          event_id: `${orgId}.2.0`,
          attempt: 1,
          delivered_at: '2026-03-01T12:00:01Z',
          status: 500,
          error: 'The receiver responded with status 500.',
          response: 'no',
        },
      ])
      .execute();
    return body.id;
  }

  it('adds a webhook by keyboard, shows the errors of its fields, and its secret once', async () => {
    const page = await at.open(at.owner, 'webhooks', { width: 390, height: 844 });
    await page.getByRole('heading', { name: 'No webhooks yet' }).waitFor();
    await assertAccessible(page);
    await tabTo(page, buttonOf(page, 'Add webhook'));
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Add a webhook' });
    await page.keyboard.type('https://10.0.0.1/');
    await page.keyboard.press('Enter');
    await dialog.getByText(/^This server may not call that URL\. .* OUTBOUND_ALLOWED\.$/).waitFor();
    await dialog.getByLabel('URL').fill(url);
    await dialog.getByLabel('Description').fill('Chat');
    await dialog.getByRole('checkbox', { name: 'member.*' }).check();
    assert.ok(await dialog.getByRole('checkbox', { name: 'roleChanged of member' }).isChecked());
    await dialog.getByText('Only the selected events are sent.').waitFor();
    await hasNoSidewaysScroll(page);
    await assertAccessible(page, 'dialog');
    await buttonOf(dialog, 'Add webhook').click();
    const secret = await page.getByLabel('Signing secret', { exact: true }).inputValue();
    assert.match(secret, /^whsec_/);
    await assertAccessible(page, 'dialog');
    await page.keyboard.press('Escape');
    await item(page, 'Chat').getByText('member.*').waitFor();
    await page.reload();
    await item(page, 'Chat').waitFor();
    assert.ok(!(await page.content()).includes(secret));
    await hasNoSidewaysScroll(page);
    await assertAccessible(page);
  });

  it('shows deliveries with request and response, sends events again, and enables and removes a webhook', async () => {
    const id = await aDisabledWebhook('Chat');
    const page = await at.open(at.owner, 'webhooks', { width: 1440 });
    await item(page, 'Chat').getByText('Disabled', { exact: true }).waitFor();
    await buttonOf(item(page, 'Chat'), 'Deliveries').click();
    const panel = page.getByRole('dialog', { name: 'Deliveries of Chat' });
    const deliveries = panel.getByRole('list', { name: 'Deliveries' }).getByRole('listitem');
    await deliveries.nth(1).waitFor();
    await deliveries.first().getByText('member.added').click();
    await panel.getByText('The receiver responded with status 500.').waitFor();
    await panel.getByText(`webhook-id: msg_${id}_`).first().waitFor();
    await assertAccessible(page, 'dialog');
    await panel.getByLabel('Show').selectOption('failed');
    await eventually(async () => assert.equal(await deliveries.count(), 1));
    await page.keyboard.press('Escape');

    await choose(page, 'Chat', 'Send earlier events again');
    const replay = page.getByRole('dialog', { name: 'Send earlier events again' });
    await replay.getByLabel('First revision').fill('1000');
    await page.keyboard.press('Enter');
    await replay.getByText('No event of revision 1000 was sent yet.').waitFor();
    await replay.getByLabel('First revision').fill('2');
    await page.keyboard.press('Enter');
    await item(page, 'Chat').getByText('revisions not delivered yet').waitFor();

    await choose(page, 'Chat', 'Rotate the secret');
    await buttonOf(page.getByRole('dialog'), 'Rotate secret').click();
    await page.getByText('The previous secret also signs for 24 hours.').waitFor();
    await buttonOf(page.getByRole('dialog'), 'Copy').click();
    await buttonOf(page.getByRole('dialog'), 'Copied').waitFor();
    await page.keyboard.press('Escape');
    await buttonOf(item(page, 'Chat'), 'Enable').click();
    await item(page, 'Chat').getByText('Disabled', { exact: true }).waitFor({ state: 'hidden' });
    await choose(page, 'Chat', 'Remove');
    await buttonOf(page.getByRole('dialog', { name: 'Remove Chat?' }), 'Remove webhook').click();
    await page.getByRole('heading', { name: 'No webhooks yet' }).waitFor();
  });

  it('keeps what another admin changed while a webhook was edited', async () => {
    const { body: made } = await at.asOwner('POST', '/organizations/:org/webhooks/', { url, description: 'Chat' });
    const path = `/organizations/:org/webhooks/${made.id}/`;
    const page = await at.open(at.owner, 'webhooks');
    const dialog = page.getByRole('dialog', { name: 'Edit webhook' });
    const edit = async (name: string, theirs: object, act: () => Promise<void>) => {
      await choose(page, name, 'Edit');
      await dialog.waitFor();
      await at.asOwner('PUT', path, theirs);
      await act();
      await buttonOf(dialog, 'Save').click();
      await dialog.waitFor({ state: 'detached' });
    };
    await edit('Chat', { eventTypes: ['team.*'] }, () => dialog.getByLabel('Description').fill('Mine'));
    await item(page, 'Mine').getByText('team.*').waitFor();
    await edit('Mine', { description: 'Theirs' }, () => dialog.getByRole('checkbox', { name: 'member.*' }).check());
    const { body } = await at.asOwner('GET', path);
    assert.deepEqual([body.description, body.eventTypes.toSorted()], ['Theirs', ['member.*', 'team.*']]);
  });

  it('names a creator who has left, lets admins edit, and shows members nothing', async () => {
    const maker = await at.aMember('owner');
    await at.as(maker, 'POST', '/organizations/:org/webhooks/', { body: { url, description: 'Chat' } });
    const admin = await at.open(await at.aMember('admin'), 'webhooks');
    await item(admin, 'Chat')
      .getByText(/Created on .* by /)
      .waitFor();
    await at.asOwner('DELETE', `/organizations/:org/members/${maker.memberId}/`);
    await item(admin, 'Chat').getByText('by a person who has left').waitFor();
    await choose(admin, 'Chat', 'Edit');
    const dialog = admin.getByRole('dialog', { name: 'Edit webhook' });
    await dialog.getByLabel('URL').fill('https://elsewhere.invalid/');
    await buttonOf(dialog, 'Save').click();
    await dialog.getByText(/you need its scopes/).waitFor();
    await dialog.getByLabel('URL').fill(url);
    await dialog.getByLabel('Description').fill('The chat');
    await buttonOf(dialog, 'Save').click();
    await item(admin, 'The chat').waitFor();
    const member = await at.open(await at.aMember('member'), 'webhooks');
    await member.getByRole('heading', { name: 'Only admins, managers and owners can see the webhooks' }).waitFor();
  });
});
