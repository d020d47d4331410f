import assert from 'node:assert/strict';
import { buttonOf, hasNoSidewaysScroll, organizationPages, rowOf } from './organization-pages.ts';
import { assertAccessible, chooseOption } from './pages.ts';

describe('the projects page', () => {
  const at = organizationPages();
  beforeEach(async () => {
    for (const slug of ['web', 'data']) await at.asOwner('POST', '/organizations/:org/teams/', { slug });
    await at.asOwner('POST', `/teams/${at.slug}/web/projects/`, { name: 'shop' });
  });

  it('creates a project in a team, and shows it in the other browser', async () => {
    const member = await at.aMember('member');
    const [page, other] = [await at.open(at.owner, 'projects'), await at.open(member, 'projects')];
    await buttonOf(page, 'Create project').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('Checkout');
    await chooseOption(page, dialog.getByLabel('Team'), '#data');
    await dialog.getByLabel('Platform').fill('node');
    await buttonOf(dialog, 'Create project').click();
    await page.getByRole('dialog', { name: 'checkout' }).waitFor();
    await rowOf(other, 'Projects', 'checkout').getByText('#data').waitFor();
    await rowOf(other, 'Projects', 'checkout').getByText('Can view').waitFor();
  });

  it('changes a project, its teams and its keys, and removes it', async () => {
    const page = await at.open(at.owner, 'projects');
    await page.getByRole('link', { name: 'shop: details' }).click();
    const panel = page.getByRole('dialog');
    await panel.getByLabel('Name').fill('The Shop');
    await panel.getByLabel('Platform').fill('python');
    await buttonOf(panel, 'Save').click();
    await page.getByText('Saved the details of shop').first().waitFor();
    await chooseOption(page, panel.getByLabel('Assign a team to shop'), '#data');
    await buttonOf(panel, 'Unassign shop from #web').click();
    await buttonOf(panel, 'Unassign shop from #web').waitFor({ state: 'detached' });
    assert.match(await panel.getByRole('textbox', { name: 'DSN of Default' }).inputValue(), /^http:\/\/[0-9a-f]{32}@/);
    await buttonOf(panel, 'Copy DSN of Default').waitFor();
    await buttonOf(panel, 'Disable').click();
    await panel.getByText('Disabled', { exact: true }).waitFor();
    await buttonOf(panel, 'Create key').click();
    await page.getByRole('dialog').last().getByLabel('Name').fill('Mobile');
    await buttonOf(page.getByRole('dialog').last(), 'Create key').click();
    await panel.getByRole('textbox', { name: 'DSN of Mobile' }).waitFor();
    await buttonOf(panel.getByRole('listitem').filter({ hasText: 'Mobile' }), 'Remove').click();
    await buttonOf(page, 'Remove key').click();
    await panel.getByRole('textbox', { name: 'DSN of Mobile' }).waitFor({ state: 'detached' });
    await buttonOf(panel, 'Remove project').click();
    await page.getByLabel(/to confirm/).fill('shop');
    await buttonOf(page.getByRole('dialog').last(), 'Remove project').click();
    await page.getByRole('dialog').first().waitFor({ state: 'detached' });
    await rowOf(page, 'Projects', 'shop').waitFor({ state: 'detached' });
  });

  it('lets the user choose a version when two users edit the same value', async () => {
    const page = await at.open(at.owner, 'projects');
    await page.getByRole('link', { name: 'shop: details' }).click();
    const panel = page.getByRole('dialog');
    await panel.getByLabel('Name').fill('Mine');
    await at.asOwner('PUT', `/projects/${at.slug}/shop/`, { name: 'Theirs' });
    await rowOf(page, 'Projects', 'shop').getByText('Theirs').waitFor({ state: 'attached' });
    await buttonOf(panel, 'Save').first().click();
    await page.getByText('Their version').waitFor();
    await buttonOf(page, 'Save mine').click();
    await rowOf(page, 'Projects', 'shop').getByText('Mine').waitFor({ state: 'attached' });
  });

  it('explains why a person can see a project, and updates when that changes', async () => {
    const member = await at.aMember('member');
    await at.asOwner('PUT', '/organizations/:org/', { openMembership: false });
    const page = await at.open(at.owner, 'projects');
    await buttonOf(page, 'Check access to shop').click();
    const answer = page.getByRole('dialog').getByRole('status').filter({ hasText: 'see shop' });
    await answer.getByText('An Account can see shop.').waitFor();
    await answer.getByText(/Owners have access to all projects/).waitFor();
    await chooseOption(page, page.getByLabel('Person', { exact: true }), member.email);
    await answer.getByText('An Account can’t see shop.').waitFor();
    await answer.getByText(/open membership is off, and they aren’t on any team .*#web/).waitFor();
    await at.asOwner('POST', `/organizations/:org/members/${member.memberId}/teams/web/`);
    await answer.getByText('An Account can see shop.').waitFor();
    await answer.getByText('They’re on #web as Contributor, and this project is assigned to #web.').waitFor();
  });

  it('[H-64] shows no controls to a member without access, and states once who can change the project', async () => {
    const member = await at.aMember('member');
    await at.asOwner('PUT', '/organizations/:org/', { openMembership: false, allowMemberProjectCreation: false });
    const page = await at.open(member, 'projects');
    await rowOf(page, 'Projects', 'shop').getByText('No access').waitFor();
    assert.equal(await buttonOf(page, 'Create project').count(), 0);
    await page.getByRole('link', { name: 'shop: details' }).click();
    const panel = page.getByRole('dialog');
    await panel.getByText('Only people with access to this project can see its keys.').waitFor();
    await panel.getByText('Only admins of its teams, managers and owners can change this project.').waitFor();
    assert.deepEqual(await panel.getByRole('button').allInnerTexts(), ['', 'Check access'], 'the first closes the panel');
    assert.equal(await panel.locator('input, select').count(), 0);
  });

  it('has no axe-core violation and fits a phone', async () => {
    const page = await at.open(at.owner, 'projects', { width: 360 });
    await rowOf(page, 'Projects', 'shop').waitFor();
    await hasNoSidewaysScroll(page);
    await assertAccessible(page);
    await page.getByRole('link', { name: 'shop: details' }).click();
    await page.getByRole('textbox', { name: 'DSN of Default' }).waitFor();
    await assertAccessible(page);
    await page.keyboard.press('Escape');
    await buttonOf(page, 'Check access to shop').click();
    await page.getByText('An Account can see shop.').waitFor();
    await assertAccessible(page);
  });
});
