import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.ts';
import { buttonOf, descriptionOf, hasNoSidewaysScroll, organizationPages, rowOf } from './organization-pages.ts';
import { assertAccessible, chooseOption, hasFocus } from './pages.ts';

describe('the teams page', () => {
  const at = organizationPages();
  const aTeam = (slug: string) => at.asOwner('POST', '/organizations/:org/teams/', { slug });

  it('creates a team, shows it in the other browser, and shows errors of the server', async () => {
    const member = await at.aMember('member');
    const [page, other] = [await at.open(at.owner, 'teams'), await at.open(member, 'teams')];
    await buttonOf(page, 'Create team').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('Web Guild');
    await dialog.getByLabel('Slug').fill('web');
    await buttonOf(dialog, 'Create team').click();
    await rowOf(page, 'Teams', '#web').getByText('Team Admin').waitFor();
    await rowOf(other, 'Teams', '#web').getByText('Web Guild').waitFor();
    assert.equal(await buttonOf(other, 'Create team').count(), 0, 'only admins, managers and owners can create teams');
    await buttonOf(page, 'Create team').click();
    await dialog.getByLabel('Slug').fill('web');
    await buttonOf(dialog, 'Create team').click();
    await dialog.locator('.rollcall-field-error').waitFor();
    await page.keyboard.press('Escape');
    await buttonOf(rowOf(other, 'Teams', '#web'), 'Join').click();
    await buttonOf(rowOf(other, 'Teams', '#web'), 'Leave').waitFor();
    await rowOf(page, 'Teams', '#web').getByRole('cell', { name: '2' }).waitFor();
    await buttonOf(rowOf(other, 'Teams', '#web'), 'Leave').click();
    await buttonOf(rowOf(other, 'Teams', '#web'), 'Join').waitFor();
  });

  it('lists the viewer’s own teams first', async () => {
    await aTeam('zebra');
    await aTeam('alpha');
    await at.asOwner('DELETE', '/organizations/:org/members/me/teams/alpha/');
    const page = await at.open(at.owner, 'teams');
    await rowOf(page, 'Teams', '#alpha').waitFor();
    const names = await page.getByRole('rowheader').evaluateAll((cells) => cells.map((cell) => cell.getAttribute('aria-label')));
    assert.deepEqual(names, ['#zebra', '#alpha']);
  });

  for (const decider of ['owner', 'team admin'] as const) {
    it(`lets a member request to join without open membership, and the ${decider} approve or deny`, async () => {
      for (const slug of ['web', 'data']) await aTeam(slug);
      await at.asOwner('PUT', '/organizations/:org/', { openMembership: false });
      const member = await at.aMember('member');
      const admin = await at.aMember('admin', ['web', 'data']);
      const asking = await at.open(member, 'teams');
      for (const slug of ['#web', '#data']) {
        await buttonOf(rowOf(asking, 'Teams', slug), 'Request to join').click();
        await buttonOf(rowOf(asking, 'Teams', slug), 'Requested').waitFor();
      }
      const page = await at.open(decider === 'owner' ? at.owner : admin, 'teams');
      const requests = page.getByRole('region', { name: 'Requests to join a team' });
      const lineOf = (slug: string) => requests.getByRole('listitem').filter({ hasText: slug });
      await buttonOf(lineOf('#web'), 'Approve').click();
      await buttonOf(rowOf(asking, 'Teams', '#web'), 'Leave').waitFor();
      await buttonOf(lineOf('#data'), 'Deny').click();
      await requests.waitFor({ state: 'detached' });
      const { body } = await at.asOwner('GET', `/organizations/:org/members/${member.memberId}/`);
      assert.deepEqual(body.teams, ['web']);
    });
  }

  it('renames a team, adds and removes people and projects, and removes the team', async () => {
    await aTeam('web');
    await aTeam('data');
    await at.asOwner('POST', `/teams/${at.slug}/data/projects/`, { name: 'warehouse' });
    const member = await at.aMember('member');
    const page = await at.open(at.owner, 'teams');
    await page.getByRole('link', { name: '#web: details' }).click();
    const panel = page.getByRole('dialog');
    await panel.getByLabel('Slug').fill('web-guild');
    await buttonOf(panel, 'Save').click();
    await page.getByRole('dialog', { name: '#web-guild' }).waitFor();
    await chooseOption(page, panel.getByLabel('Add a member to #web-guild'), member.email);
    await panel.getByLabel(`Role of ${member.email} on #web-guild`).selectOption('admin');
    await page.getByText('is now Team Admin of #web-guild').first().waitFor();
    await buttonOf(panel, `Remove ${member.email} from #web-guild`).click();
    await buttonOf(panel, `Remove ${member.email} from #web-guild`).waitFor({ state: 'detached' });
    await chooseOption(page, panel.getByLabel('Assign a project to #web-guild'), 'warehouse');
    await buttonOf(panel, 'Unassign warehouse from #web-guild').click();
    await panel.getByText('No projects yet.').waitFor();
    await buttonOf(panel, 'Remove team').click();
    await page.getByLabel(/to confirm/).fill('web-guild');
    await buttonOf(page.getByRole('dialog').last(), 'Remove team').click();
    await page.getByRole('dialog').first().waitFor({ state: 'detached' });
    await eventually(async () => assert.equal(await rowOf(page, 'Teams', '#web-guild').count(), 0));
  });

  it('keeps what is typed while an earlier change is saved', async () => {
    await aTeam('typed');
    const page = await at.open(at.owner, 'teams');
    await page.getByRole('link', { name: '#typed: details' }).click();
    const panel = page.getByRole('dialog');
    const name = panel.getByLabel('Name');
    let release = () => {};
    const isHeld = new Promise<void>((resolve) => {
      release = resolve;
    });
    const saving = page.waitForRequest((request) => request.method() === 'PUT');
    await page.route('**/api/0/teams/**', async (route) => {
      await isHeld;
      await route.continue();
    });
    await name.fill('First');
    await buttonOf(panel, 'Save').click();
    await saving;
    await name.fill('Second');
    release();
    await page.getByText('Saved the details of #typed').first().waitFor();
    assert.equal(await name.inputValue(), 'Second');
    await buttonOf(panel, 'Save').click();
    await eventually(async () => {
      const { body } = await at.asOwner('GET', `/teams/${at.slug}/typed/`);
      assert.equal(body.name, 'Second');
    });
  });

  it('keeps the keyboard focus on a button that is disabled once the change is saved', async () => {
    await aTeam('focused');
    const page = await at.open(at.owner, 'teams');
    await page.getByRole('link', { name: '#focused: details' }).click();
    const panel = page.getByRole('dialog');
    await panel.getByLabel('Name').fill('Renamed');
    const save = buttonOf(panel, 'Save');
    await save.focus();
    await page.keyboard.press('Enter');
    await page.getByText('Saved the details of #focused').first().waitFor();
    await eventually(async () => assert.equal(await descriptionOf(save), 'There are no changes to save.'));
    assert.ok(await hasFocus(save));
  });

  it('has no axe-core violation and fits a phone', async () => {
    await aTeam('web');
    const page = await at.open(at.owner, 'teams', { width: 360 });
    await rowOf(page, 'Teams', '#web').waitFor();
    await hasNoSidewaysScroll(page);
    await assertAccessible(page);
    await page.getByRole('link', { name: '#web: details' }).click();
    await page.getByRole('dialog').waitFor();
    await assertAccessible(page);
  });
});
