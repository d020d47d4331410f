import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.ts';
import { TeamsStandIn } from '../support/providers/msteams.ts';
import { anIntegration } from '../support/security-records.ts';
import { buttonOf, hasNoSidewaysScroll, organizationPages } from './organization-pages.ts';
import { assertAccessible } from './pages.ts';

describe('the page of integrations', function () {
  this.timeout(120_000);
  let teams: TeamsStandIn;
  before(async () => {
    teams = await TeamsStandIn.start();
  });
  after(() => teams.stop());
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

  it('connects a channel of Microsoft Teams in its form, and shows why a URL is refused', async () => {
    const page = await at.open(at.owner, 'integrations', { width: 390 });
    await buttonOf(page, 'Connect Microsoft Teams').click();
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    await assertAccessible(page, 'dialog');
    await dialog.getByLabel('Name').fill('General');
    const url = dialog.getByLabel('Webhook URL');
    await url.fill('https://example.com/workflows/1?sig=1');
    await buttonOf(page, 'Connect').click();
    await dialog.getByText('its host is one of').waitFor();
    const stateOf = async () => (await at.asOwner('GET', '/organizations/:org/integrations/?provider_key=msteams')).body;
    assert.deepEqual(await stateOf(), []);
    await url.fill(teams.addWorkflow('general'));
    await buttonOf(page, 'Connect').click();
    const section = page.getByRole('region', { name: 'General' });
    await section.getByText('Connected').waitFor();
    assert.equal(teams.cards.length, 1);
    await section.getByRole('button', { name: 'Send a test' }).click();
    await section.getByText('The test message was accepted.').waitFor();
    assert.equal(await section.getByRole('button', { name: 'Map a person' }).count(), 0);
    await hasNoSidewaysScroll(page);
    const [saved] = await stateOf();
    assert.equal((await at.asOwner('DELETE', `/organizations/:org/integrations/${saved.id}/`)).status, 204);
  });

  it('adds channels of Slack by name and by id, and removes them', async () => {
    const { body } = await at.asOwner('GET', '/organizations/:org/');
    const { id } = await anIntegration(at.server, body.id, { config: { channels: ['C1'] } });
    const page = await at.open(at.owner, 'members', { width: 390 });
    // A stand-in for Slack, which this server has no settings of.
    await page.route(`**/integrations/${id}/channels/**`, (route) => {
      const isFirst = !route.request().url().includes('cursor=1');
      const channels = isFirst ? [{ id: 'C1', name: 'general', isJoined: true }] : [{ id: 'C2', name: 'random', isJoined: false }];
      return route.fulfill({ json: { channels, next: isFirst ? '1' : null, error: null } });
    });
    await page.goto(new URL(`/organizations/${at.slug}/integrations/`, at.server.url).href);
    const savedChannels = async () => (await at.asOwner('GET', `/organizations/:org/integrations/${id}/`)).body.configData.channels;
    await page.getByText('#general').waitFor();
    await page.getByRole('combobox', { name: 'Add a channel' }).click();
    await page.keyboard.type('rand');
    await page.getByRole('option', { name: /#random/ }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Remove #random' }).waitFor();
    // The page shows the channel before the server has it.
    await eventually(async () => assert.deepEqual(await savedChannels(), ['C1', 'C2']));
    await page.getByLabel('Private channel').fill('general');
    await buttonOf(page, 'Add private channel').click();
    await page.getByText('Enter the ID of a channel, such as C024BE91L.').waitFor();
    await page.getByLabel('Private channel').fill('C0PRIVATE');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Remove C0PRIVATE' }).waitFor();
    await page.getByRole('button', { name: 'Remove #general' }).click();
    await page.getByRole('button', { name: 'Remove #general' }).waitFor({ state: 'detached' });
    await eventually(async () => assert.deepEqual(await savedChannels(), ['C2', 'C0PRIVATE']));
    await hasNoSidewaysScroll(page);
    await assertAccessible(page);
  });

  it('saves each of several quick choices', async () => {
    const { body } = await at.asOwner('GET', '/organizations/:org/');
    const { id } = await anIntegration(at.server, body.id, { config: { channels: ['C1', 'C2', 'C3'], eventTypes: [] } });
    const page = await at.open(at.owner, 'integrations');
    let release = () => {};
    const isReleased = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route(`**/integrations/${id}/`, async (route) => {
      await isReleased;
      await route.continue();
    });
    const [teams, members] = [page.getByLabel('Teams', { exact: true }), page.getByLabel('Members')];
    await teams.click();
    await members.click();
    for (const channel of ['C1', 'C2']) await buttonOf(page, `Remove ${channel}`).click();
    assert.deepEqual([await teams.isChecked(), await members.isChecked()], [true, true]);
    release();
    await eventually(async () => {
      const { configData } = (await at.asOwner('GET', `/organizations/:org/integrations/${id}/`)).body;
      assert.deepEqual([configData.eventTypes.toSorted(), configData.channels], [['member.*', 'team.*'], ['C3']]);
    });
    await eventually(async () => assert.equal(await page.getByRole('button', { name: /^Remove C/ }).count(), 1));
    assert.deepEqual([await teams.isChecked(), await members.isChecked()], [true, true]);
  });

  it('changes settings live, and disconnects by keyboard', async () => {
    const { body } = await at.asOwner('GET', '/organizations/:org/');
    await anIntegration(at.server, body.id, { name: 'Acme chat', disabledReason: 'Slack removed the connection', status: 'disabled' });
    const page = await at.open(at.owner, 'integrations', { width: 390 });
    await page.getByText('because Slack removed the connection').waitFor();
    await page.getByLabel('Teams', { exact: true }).focus();
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
    await page.getByText('Disconnected Acme chat', { exact: true }).waitFor();
  });
});
