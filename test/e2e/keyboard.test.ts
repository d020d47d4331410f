import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { eventually } from '../support/eventually.ts';
import { keyboardOf } from './keyboard.ts';
import { buttonOf, organizationPages, rowOf } from './organization-pages.ts';
import { assertAccessible, hasFocus, hasRole, isLive, memberRow, roleOf, statusPill } from './pages.ts';

/** What no other test does by the keyboard alone; whatever opens on the way is shown to axe-core. */
describe('by the keyboard alone', function () {
  this.timeout(60_000);
  const at = organizationPages();
  const aTeam = (slug: string) => at.asOwner('POST', '/organizations/:org/teams/', { slug });
  const dialogOf = (page: Page, name: string | RegExp) => page.getByRole('dialog', { name });
  const itemOf = (page: Page, name: string | RegExp) => page.getByRole('menuitem', { name });
  const isClosed = (page: Page) => eventually(async () => assert.equal(await page.getByRole('dialog').count(), 0));

  it('one goes to every page, another organization, another theme, and out', async () => {
    await at.server.operate('POST', '/organizations/', { name: 'Another', ownerId: at.owner.id });
    const page = await at.open(at.owner, 'members');
    const { key, press, pick } = keyboardOf(page);
    await key('Tab');
    assert.ok(await hasFocus(page.getByRole('link', { name: 'Skip to the page' })), 'it is the first');
    await key('Enter');
    await eventually(async () => assert.ok(await hasFocus(page.getByRole('main')), 'the page is skipped to'));
    await press(statusPill(page).getByRole('button'));
    await dialogOf(page, 'How current this page is').waitFor();
    await assertAccessible(page, '[role=dialog]');
    await key('Escape');
    const help = buttonOf(page, 'Keyboard shortcuts');
    await press(help);
    await dialogOf(page, 'Keyboard shortcuts').waitFor();
    await assertAccessible(page, 'dialog');
    await key('Escape');
    assert.ok(await hasFocus(help), 'one is back where one was');
    for (const title of ['Invitations', 'Teams', 'Projects', 'Settings', 'Security & privacy', 'Tokens', 'Audit log']) {
      await press(page.getByRole('navigation').getByRole('link', { name: title }));
      await eventually(async () => assert.ok(await hasFocus(page.getByRole('heading', { name: title, level: 1 })), title));
    }
    const account = page.getByRole('button', { name: /^Your account/ });
    await pick(account, page.getByRole('menuitemcheckbox', { name: 'Dark' }));
    await eventually(async () => assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark'));
    await pick(account, page.getByRole('menuitemcheckbox', { name: 'As the system' }));
    await press(account);
    await page.getByRole('menu').waitFor();
    await assertAccessible(page, '[role=menu]');
    await key('Escape');
    await pick(page.getByRole('button', { name: /Switch to another/ }), page.getByRole('menuitemcheckbox', { name: 'Another' }));
    await page.waitForURL('**/organizations/another/**');
    await pick(page.getByRole('button', { name: /Switch to another/ }), itemOf(page, 'All organizations'));
    await press(page.getByRole('link', { name: /^Org / }));
    await isLive(page);
    await pick(account, itemOf(page, 'Your account'));
    await page.getByRole('heading', { name: 'Your account', level: 1 }).waitFor();
    await pick(account, itemOf(page, 'Log out'));
    await page.waitForURL(/\/login\//);
  });

  it('one opens the menu of a small screen, and sorts its cards', async () => {
    const member = await at.aMember('member');
    const page = await at.open(at.owner, 'members', { width: 360 });
    const { press, choose } = keyboardOf(page);
    const firstRow = () => page.getByRole('table', { name: 'Members' }).locator('tbody tr').first().getByRole('rowheader');
    for (const [order, email] of [
      ['Role', at.owner.email],
      ['Role, reversed', member.email],
    ] as const) {
      await choose(page.getByRole('combobox', { name: 'Sort by' }), order);
      await eventually(async () => assert.equal(await firstRow().getAttribute('aria-label'), email, order));
    }
    await press(buttonOf(page, 'Menu'));
    await dialogOf(page, 'Rollcall').waitFor();
    await assertAccessible(page, 'dialog');
    await press(dialogOf(page, 'Rollcall').getByRole('link', { name: 'Teams' }));
    await page.getByRole('heading', { name: 'Teams', level: 1 }).waitFor();
    await isClosed(page);
  });

  it('one filters and sorts members, and works with several of them', async () => {
    await aTeam('web');
    const [one, two] = [await at.aMember('member'), await at.aMember('admin', ['web'])];
    const page = await at.open(at.owner, 'members');
    const { key, press, toggle, choose, pick } = keyboardOf(page);
    const emails = () => page.getByRole('rowheader').evaluateAll((cells) => cells.map((cell) => cell.getAttribute('aria-label')));
    const shows = (...shown: string[]) => eventually(async () => assert.deepEqual(await emails(), shown));
    await choose(page.getByRole('combobox', { name: 'Filter by role' }), 'Adm');
    await shows(two.email);
    await choose(page.getByRole('combobox', { name: 'Filter by team' }), '#web');
    await choose(page.getByRole('combobox', { name: 'Filter by second factor' }), '2FA off');
    await choose(page.getByRole('combobox', { name: 'Filter by status' }), 'Joined');
    await shows(two.email);
    await press(buttonOf(page, 'Clear the search'));
    await press(buttonOf(page, 'Role'));
    await shows(at.owner.email, two.email, one.email);
    await press(buttonOf(page, 'Role'));
    await shows(one.email, two.email, at.owner.email);

    const bar = page.getByRole('toolbar', { name: 'Selected members' });
    const isDone = async () => {
      await page.getByText(/ of \d done\.$/).waitFor();
      await assertAccessible(page, 'dialog');
      await press(buttonOf(page.getByRole('dialog'), 'Close').last());
      await isClosed(page);
    };
    await toggle(memberRow(page, one.email).getByRole('checkbox'));
    await pick(buttonOf(bar, 'Set role'), itemOf(page, /^Manager/));
    await isDone();
    await hasRole(page, one.email, 'manager');
    await toggle(memberRow(page, one.email).getByRole('checkbox'));
    await pick(buttonOf(bar, 'Add to team'), itemOf(page, '#web'));
    await isDone();
    await toggle(memberRow(page, one.email).getByRole('checkbox'));
    await pick(buttonOf(bar, 'Remove from team'), itemOf(page, '#web'));
    await isDone();
    await toggle(page.getByRole('checkbox', { name: 'Select all that are found' }));
    await press(buttonOf(bar, 'Remove'));
    await page.getByRole('dialog').waitFor();
    await assertAccessible(page, 'dialog');
    await key('Escape');
    await press(buttonOf(bar, 'Clear'));
    await bar.waitFor({ state: 'detached' });
  });

  it('one changes a member’s role and teams, removes them, has them back, and leaves', async () => {
    await aTeam('web');
    const member = await at.aMember('manager', ['web']);
    const page = await at.open(at.owner, 'members');
    const { key, press, choose, pick } = keyboardOf(page);
    const row = memberRow(page, member.email);
    await choose(roleOf(page, member.email), 'Member');
    await hasRole(page, member.email, 'member');
    const chip = row.getByRole('button', { name: /on #web/ });
    await pick(chip, page.getByRole('menuitemcheckbox', { name: 'Team Admin' }));
    await row.getByRole('button', { name: /on #web: Team Admin/ }).waitFor();
    await press(chip);
    await page.getByRole('menu').waitFor();
    await assertAccessible(page, '[role=menu]');
    await key('Escape');
    await pick(chip, itemOf(page, 'Remove from #web'));
    await chip.waitFor({ state: 'detached' });
    await pick(buttonOf(row, `Actions for ${member.email}`), itemOf(page, /^Remove/));
    await row.waitFor({ state: 'detached' });
    await assertAccessible(page, '.toasts');
    await key('ControlOrMeta+z');
    await row.waitFor();
    await press(page.getByRole('link', { name: `details of ${member.email}` }));
    const panel = dialogOf(page, 'An Account');
    await choose(panel.getByRole('combobox'), 'Admin');
    await eventually(async () => assert.equal(await panel.getByRole('combobox').inputValue(), 'admin'));
    await press(buttonOf(panel, 'Remove from the organization'));
    await row.waitFor({ state: 'detached' });
    await press(buttonOf(page, 'Undo'));
    await row.waitFor();

    const leaving = await at.open(member, 'members');
    const hands = keyboardOf(leaving);
    const own = buttonOf(memberRow(leaving, member.email), `Actions for ${member.email}`);
    await hands.pick(own, itemOf(leaving, 'Leave the organization'));
    await leaving.getByRole('dialog').waitFor();
    await assertAccessible(leaving, 'dialog');
    await hands.press(buttonOf(leaving.getByRole('dialog'), 'Leave'));
    await leaving.getByRole('heading', { name: 'Your access has ended' }).waitFor();
    await hands.press(leaving.getByRole('link', { name: 'Your organizations' }));
    await leaving.getByText('You are not in any organization yet').waitFor();
  });

  it('one invites with a role and a team, corrects, resends, and decides about requests', async () => {
    await aTeam('web');
    await at.asOwner('POST', '/organizations/:org/invite-requests/', { email: 'grace@example.com' });
    await at.asOwner('POST', '/organizations/:org/invite-requests/', { email: 'alan@example.com' });
    const page = await at.open(at.owner, 'invitations');
    const { key, type, press, toggle, choose } = keyboardOf(page);
    const row = (email: string) => rowOf(page, 'Invitations', email);
    await press(buttonOf(page, 'Invite members'));
    await type('ada@example.com not@an@address');
    await choose(page.getByRole('combobox', { name: 'Role' }), 'Manager');
    await toggle(page.getByLabel('#web'));
    await press(buttonOf(page, 'Send 2 invitations'));
    await page.getByText('1 of 2 done.').waitFor();
    await assertAccessible(page, 'dialog');
    await press(buttonOf(page, 'Correct the refused'));
    assert.equal(await page.getByLabel('E-mail addresses').inputValue(), 'not@an@address');
    await key('Escape');
    await row('ada@example.com').getByText('#web').waitFor();
    await press(buttonOf(row('ada@example.com'), 'Regenerate'));
    await page
      .getByText(/was sent a new link/)
      .first()
      .waitFor();
    await press(buttonOf(row('ada@example.com'), 'Revoke'));
    await row('ada@example.com').waitFor({ state: 'detached' });
    await key('ControlOrMeta+z');
    await row('ada@example.com').waitFor();
    await choose(page.getByRole('combobox', { name: 'Show' }), 'Requests');
    await row('ada@example.com').waitFor({ state: 'detached' });
    await press(buttonOf(row('grace@example.com'), 'Approve'));
    await page.getByRole('dialog').waitFor();
    await assertAccessible(page, 'dialog');
    await choose(page.getByRole('combobox', { name: 'Role' }), 'Admin');
    await press(buttonOf(page.getByRole('dialog'), 'Approve'));
    await row('grace@example.com').waitFor({ state: 'detached' });
    await press(buttonOf(row('alan@example.com'), 'Refuse'));
    await row('alan@example.com').waitFor({ state: 'detached' });
    await key('/');
    await type('nobody');
    await press(buttonOf(page, 'Show all'));
    await row('grace@example.com').getByText('Admin', { exact: false }).first().waitFor();
  });

  it('one joins a team, decides who may, and changes all there is about it', async () => {
    for (const slug of ['web', 'data']) await aTeam(slug);
    await at.asOwner('POST', `/teams/${at.slug}/data/projects/`, { name: 'warehouse' });
    await at.asOwner('PUT', '/organizations/:org/', { openMembership: false });
    const member = await at.aMember('member');
    const asking = await at.open(member, 'teams');
    for (const slug of ['#web', '#data']) await keyboardOf(asking).press(buttonOf(rowOf(asking, 'Teams', slug), 'Request to join'));
    const page = await at.open(at.owner, 'teams');
    const { press, write, choose, key, type } = keyboardOf(page);
    const requests = page.getByRole('region', { name: 'Requests to join a team' });
    const lineOf = (slug: string) => requests.getByRole('listitem').filter({ hasText: slug });
    await lineOf('#data').waitFor();
    await assertAccessible(page, '.access-requests');
    await press(buttonOf(lineOf('#web'), 'Approve'));
    await press(buttonOf(lineOf('#data'), 'Refuse'));
    await requests.waitFor({ state: 'detached' });
    await key('/');
    await type('web');
    await press(page.getByRole('link', { name: '#web: details' }));
    const panel = page.getByRole('dialog').first();
    await write(panel.getByLabel('Name'), 'Web Guild');
    await press(buttonOf(panel, 'Save'));
    await page.getByText('The details of #web were saved').first().waitFor();
    await choose(panel.getByLabel(`Role of ${member.email} on #web`), 'Team Admin');
    await page.getByText('is now Team Admin of #web').first().waitFor();
    await press(buttonOf(panel, `Remove ${member.email} from #web`));
    await choose(panel.getByLabel('Add a member to #web'), 'An Account');
    await buttonOf(panel, `Remove ${member.email} from #web`).waitFor();
    await choose(panel.getByLabel('Assign a project to #web'), 'warehouse');
    await press(buttonOf(panel, 'Take warehouse from #web'));
    await panel.getByText('No project is assigned to this team.').waitFor();
    await press(buttonOf(panel, 'Remove team'));
    await page.getByLabel(/to confirm/).waitFor();
    await assertAccessible(page, 'dialog:last-of-type');
    await type('web');
    await key('Enter');
    await dialogOf(page, 'No such team').waitFor();
  });

  it('one changes a project, its teams and its keys, and asks who can see it', async () => {
    for (const slug of ['web', 'data']) await aTeam(slug);
    await at.asOwner('POST', `/teams/${at.slug}/web/projects/`, { name: 'shop' });
    const page = await at.open(at.owner, 'projects');
    const { key, type, press, write, choose } = keyboardOf(page);
    await choose(page.getByRole('combobox', { name: 'Filter by team' }), '#data');
    await press(buttonOf(page, 'Show all'));
    await press(buttonOf(page, 'Create project'));
    await assertAccessible(page, 'dialog');
    await key('Escape');
    await press(buttonOf(page, 'Explain access'));
    await choose(page.getByLabel('Project', { exact: true }), 'shop');
    await page.getByText('An Account can see shop.').waitFor();
    await press(buttonOf(page.getByRole('dialog'), 'Close').last());
    await press(page.getByRole('link', { name: 'shop: details' }));
    const panel = page.getByRole('dialog').first();
    await write(panel.getByLabel('Platform'), 'python');
    await press(buttonOf(panel, 'Save'));
    await page.getByText('The details of shop were saved').first().waitFor();
    await choose(panel.getByLabel('Assign a team to shop'), '#data');
    await press(buttonOf(panel, 'Take shop from #web'));
    await buttonOf(panel, 'Take shop from #web').waitFor({ state: 'detached' });
    await press(buttonOf(panel, 'Copy DSN of Default'));
    await buttonOf(panel, 'Copied').waitFor();
    await press(buttonOf(panel, 'Disable'));
    await panel.getByText('Disabled', { exact: true }).waitFor();
    await press(buttonOf(panel, 'Create key'));
    await dialogOf(page, 'Create a key of shop').waitFor();
    await assertAccessible(page, 'dialog:last-of-type');
    await type('Mobile');
    await key('Enter');
    await panel.getByRole('textbox', { name: 'DSN of Mobile' }).waitFor();
    await press(buttonOf(panel.getByRole('listitem').filter({ hasText: 'Mobile' }), 'Remove'));
    await press(buttonOf(page, 'Remove key'));
    await panel.getByRole('textbox', { name: 'DSN of Mobile' }).waitFor({ state: 'detached' });
    await press(buttonOf(panel, 'Remove project'));
    await type('shop');
    await key('Enter');
    await dialogOf(page, 'No such project').waitFor();
  });
});
