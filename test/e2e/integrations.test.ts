import assert from 'node:assert/strict';
import { anIntegration } from '../support/security-records.ts';
import { buttonOf, hasNoSidewaysScroll, organizationPages } from './organization-pages.ts';
import { assertAccessible } from './pages.ts';

describe('the page of integrations', function () {
  this.timeout(60_000);
  const at = organizationPages();

  it('shows what can be connected and what the operator has not configured, on a phone and a wide screen', async () => {
    const page = await at.open(at.owner, 'integrations', { width: 1440 });
    await page.getByRole('heading', { name: 'Slack' }).waitFor();
    await page.getByText('SLACK_SIGNING_SECRET').waitFor();
    await buttonOf(page, 'Connect PagerDuty').waitFor();
    for (const width of [1440, 390]) {
      await page.setViewportSize({ width, height: 900 });
      await hasNoSidewaysScroll(page);
      await assertAccessible(page);
    }
  });

  it('changes settings live, and disconnects by keyboard', async () => {
    const { body } = await at.asOwner('GET', '/organizations/:org/');
    await anIntegration(at.server, body.id, { name: 'Acme chat', disabledReason: 'Slack removed the connection', status: 'disabled' });
    const page = await at.open(at.owner, 'integrations', { width: 390 });
    await page.getByText('because Slack removed the connection').waitFor();
    await page.getByLabel('Teams').focus();
    await page.keyboard.press('Space');
    await buttonOf(page, 'Switch on').click();
    await page.getByText('Connected').waitFor();
    await hasNoSidewaysScroll(page);
    await assertAccessible(page);
    const [saved] = (await at.asOwner('GET', '/organizations/:org/integrations/')).body;
    assert.deepEqual([saved.status, saved.configData.eventTypes], ['active', ['team.*']]);
    await buttonOf(page, 'Disconnect Acme chat').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await assertAccessible(page, 'dialog');
    await buttonOf(page, 'Disconnect').click();
    await page.getByText('Disconnected Acme chat').waitFor();
  });
});
