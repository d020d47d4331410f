import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { eventually } from '../support/eventually.ts';
import { keyboardOf } from './keyboard.ts';
import { buttonOf, hasNoSidewaysScroll, organizationPages, rowOf } from './organization-pages.ts';
import { assertAccessible, hasFocus, hasRole, isLive, memberRow, roleOf, statusPill, tabTo } from './pages.ts';

/**
 * Actions by keyboard that no other test covers. Dialogs and menus that open are checked with
 * axe-core.
 */
describe('the console by keyboard', function () {
  // A test presses hundreds of keys, one after the other.
  this.timeout(150_000);
  const at = organizationPages();
  const aTeam = (slug: string) => at.asOwner('POST', '/organizations/:org/teams/', { slug });
  const dialogOf = (page: Page, name: string | RegExp) => page.getByRole('dialog', { name });
  const itemOf = (page: Page, name: string | RegExp) => page.getByRole('menuitem', { name });
  const isClosed = (page: Page) => eventually(async () => assert.equal(await page.getByRole('dialog').count(), 0));

  it('opens every page, switches the organization and the theme, and logs out', async () => {
    const another = await at.server.operate('POST', '/organizations/', { name: 'Another', ownerId: at.owner.id });
    const page = await at.open(at.owner, 'members');
    const { key, press, pick } = keyboardOf(page);
    await key('Tab');
    assert.ok(await hasFocus(page.getByRole('link', { name: 'Skip to content' })), 'the link is the first control');
    await key('Enter');
    await eventually(async () => assert.ok(await hasFocus(page.getByRole('main')), 'the link skips to the content'));
    await press(statusPill(page).getByRole('button'));
    await dialogOf(page, 'Connection status').waitFor();
    await assertAccessible(page, '[role=dialog]');
    await key('Escape');
    const help = buttonOf(page, 'Keyboard shortcuts');
    await press(help);
    await dialogOf(page, 'Keyboard shortcuts').waitFor();
    await assertAccessible(page, 'dialog');
    await key('Escape');
    assert.ok(await hasFocus(help), 'the focus returns to the button');
    await key('?');
    await dialogOf(page, 'Keyboard shortcuts').waitFor();
    await key('Escape');
    for (const title of ['Invitations', 'Teams', 'Projects', 'Settings', 'Security & privacy', 'Tokens', 'Audit log']) {
      await press(page.getByRole('navigation').getByRole('link', { name: title }));
      await eventually(async () => assert.ok(await hasFocus(page.getByRole('heading', { name: title, level: 1 })), title));
    }
    const account = page.getByRole('button', { name: /^Your account/ });
    await pick(account, page.getByRole('menuitemcheckbox', { name: 'Dark' }));
    await eventually(async () => assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark'));
    await pick(account, page.getByRole('menuitemcheckbox', { name: 'System' }));
    await press(account);
    await page.getByRole('menu').waitFor();
    await assertAccessible(page, '[role=menu]');
    await key('Escape');
    await pick(page.getByRole('button', { name: /Switch to another/ }), page.getByRole('menuitemcheckbox', { name: 'Another' }));
    await page.waitForURL(`**/organizations/${another.body.slug}/**`);
    await pick(page.getByRole('button', { name: /Switch to another/ }), itemOf(page, 'All organizations'));
    await press(page.getByRole('link', { name: /^Org / }));
    await isLive(page);
    await pick(account, itemOf(page, 'Your account'));
    await page.getByRole('heading', { name: 'Your account', level: 1 }).waitFor();
    await pick(account, itemOf(page, 'Log out'));
    await page.getByRole('heading', { name: 'Log in', level: 1 }).waitFor();
  });

  it('opens the navigation of a small screen, and sorts its cards', async () => {
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
    await hasNoSidewaysScroll(page);
    await assertAccessible(page);
    await press(buttonOf(page, 'Menu'));
    await dialogOf(page, 'Rollcall').waitFor();
    await assertAccessible(page, 'dialog');
    await press(dialogOf(page, 'Rollcall').getByRole('link', { name: 'Teams' }));
    await page.getByRole('heading', { name: 'Teams', level: 1 }).waitFor();
    await isClosed(page);
  });

  it('filters and sorts members, and changes several at once', async () => {
    await aTeam('web');
    const [one, two] = [await at.aMember('member'), await at.aMember('admin', ['web'])];
    const page = await at.open(at.owner, 'members');
    const { key, type, press, toggle, choose, pick, search } = keyboardOf(page);
    const emails = () => page.getByRole('rowheader').evaluateAll((cells) => cells.map((cell) => cell.getAttribute('aria-label')));
    const shows = (...shown: string[]) => eventually(async () => assert.deepEqual(await emails(), shown));
    await key('/');
    await type(one.email);
    await shows(one.email);
    await press(buttonOf(page, 'Clear search text'));
    await choose(page.getByRole('combobox', { name: 'Filter by role' }), 'Adm');
    await shows(two.email);
    await choose(page.getByRole('combobox', { name: 'Filter by team' }), '#web');
    await choose(page.getByRole('combobox', { name: 'Filter by 2FA status' }), '2FA off');
    await choose(page.getByRole('combobox', { name: 'Filter by status' }), 'Joined');
    await shows(two.email);
    await press(buttonOf(page, 'Clear search text'));
    await press(buttonOf(page, 'Role'));
    await shows(at.owner.email, two.email, one.email);
    await press(buttonOf(page, 'Role'));
    await shows(one.email, two.email, at.owner.email);

    const bar = page.getByRole('toolbar', { name: 'Selected members' });
    const isDone = async () => {
      const progress = page.getByRole('region', { name: 'Bulk action' });
      await progress.getByText(/ members? (updated|added|removed)/).waitFor();
      await assertAccessible(page, '.bulk-job');
      await press(buttonOf(progress, 'Dismiss'));
    };
    await toggle(memberRow(page, one.email).getByRole('checkbox'));
    await pick(buttonOf(bar, 'Change role'), itemOf(page, /^Manager/));
    await isDone();
    await hasRole(page, one.email, 'manager');
    await toggle(memberRow(page, one.email).getByRole('checkbox'));
    await search(buttonOf(bar, 'Add to team'), '#web');
    await isDone();
    await toggle(memberRow(page, one.email).getByRole('checkbox'));
    await search(buttonOf(bar, 'Remove from team'), '#web');
    await isDone();
    await toggle(page.getByRole('checkbox', { name: 'Select all' }));
    await press(buttonOf(bar, 'Remove'));
    await page.getByRole('dialog').waitFor();
    await assertAccessible(page, 'dialog');
    await key('Escape');
    await press(buttonOf(bar, 'Clear'));
    await bar.waitFor({ state: 'detached' });
  });

  it('changes a member’s role and teams, removes the member, undoes it, and leaves', async () => {
    await aTeam('web');
    const member = await at.aMember('manager');
    const page = await at.open(at.owner, 'members');
    const { key, press, choose, pick, search } = keyboardOf(page);
    const row = memberRow(page, member.email);
    await choose(roleOf(page, member.email), 'Member');
    await hasRole(page, member.email, 'member');
    await search(buttonOf(row, `Add ${member.email} to a team`), '#web');
    const chip = row.getByRole('button', { name: /on #web/ });
    await chip.waitFor();
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
    await key('ControlOrMeta+z');
    await row.waitFor();
    await pick(buttonOf(row, `Actions for ${member.email}`), itemOf(page, 'Details'));
    const panel = dialogOf(page, 'An Account');
    await choose(panel.getByRole('combobox'), 'Admin');
    await eventually(async () => assert.equal(await panel.getByRole('combobox').inputValue(), 'admin'));
    await press(buttonOf(panel, 'Remove from organization'));
    await row.waitFor({ state: 'detached' });
    await press(buttonOf(page, 'Undo').last());
    await row.waitFor();
    // Not before an undo, for which there are only seconds.
    const removed = await at.aMember('member');
    await pick(buttonOf(memberRow(page, removed.email), `Actions for ${removed.email}`), itemOf(page, /^Remove/));
    await memberRow(page, removed.email).waitFor({ state: 'detached' });
    await assertAccessible(page, '.toasts');

    const leaving = await at.open(member, 'members');
    const hands = keyboardOf(leaving);
    const own = buttonOf(memberRow(leaving, member.email), `Actions for ${member.email}`);
    await hands.pick(own, itemOf(leaving, 'Leave organization'));
    await leaving.getByRole('dialog').waitFor();
    await assertAccessible(leaving, 'dialog');
    await hands.press(buttonOf(leaving.getByRole('dialog'), 'Leave organization'));
    await leaving.getByText('You’re not in any organization yet').waitFor();
  });

  it('invites with a role and a team, fixes an address, resends, and decides about requests', async () => {
    await aTeam('web');
    await at.asOwner('POST', '/organizations/:org/invite-requests/', { email: 'grace@example.com' });
    await at.asOwner('POST', '/organizations/:org/invite-requests/', { email: 'alan@example.com' });
    const page = await at.open(at.owner, 'invitations');
    const { key, type, press, choose } = keyboardOf(page);
    const row = (email: string) => rowOf(page, 'Invitations', email);
    await press(buttonOf(page, 'Invite members'));
    await page.getByRole('dialog').waitFor();
    await type('ada@example.com not@an@address');
    await choose(page.getByRole('combobox', { name: 'Role' }), 'Manager');
    await page.getByText('Contains more than one @.').waitFor();
    await choose(page.getByRole('combobox', { name: 'Add a team' }), '#web');
    await buttonOf(page, 'Remove #web').waitFor();
    await assertAccessible(page, 'dialog');
    // Editing moves the entry back to the field.
    await tabTo(page, buttonOf(page, 'Edit not@an@address'));
    await key('Enter');
    await key('ControlOrMeta+a');
    await type(at.owner.email);
    await key('Enter');
    await press(buttonOf(page, 'Send 2 invitations'));
    await page.getByText('1 of 2 invitations sent.').waitFor();
    await assertAccessible(page, 'dialog');
    await press(buttonOf(page, 'Fix and retry 1'));
    await buttonOf(page, `Edit ${at.owner.email}`).waitFor();
    await key('Escape');
    await press(buttonOf(dialogOf(page, 'Discard what you entered?'), 'Discard'));
    await row('ada@example.com').getByText('#web').waitFor();
    await press(buttonOf(row('ada@example.com'), 'Resend'));
    await page.getByText('Invitation resent to ada@example.com').first().waitFor();
    await press(buttonOf(row('ada@example.com'), 'Replace link'));
    await page
      .getByText(/^New link sent to /)
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
    await press(buttonOf(row('alan@example.com'), 'Deny'));
    await row('alan@example.com').waitFor({ state: 'detached' });
    await key('/');
    await type('nobody');
    await press(buttonOf(page, 'Clear search'));
    await row('grace@example.com').getByText('Admin', { exact: false }).first().waitFor();
  });

  it('creates a team, joins it, decides about requests, and changes its details', async () => {
    await aTeam('data');
    await at.asOwner('POST', `/teams/${at.slug}/data/projects/`, { name: 'warehouse' });
    await at.asOwner('PUT', '/organizations/:org/', { openMembership: false });
    const member = await at.aMember('member');
    const page = await at.open(at.owner, 'teams');
    const { press, write, choose, key, type } = keyboardOf(page);
    await press(buttonOf(page, 'Create team'));
    await page.getByRole('dialog').waitFor();
    await assertAccessible(page, 'dialog');
    await type('web');
    await key('Enter');
    await press(buttonOf(rowOf(page, 'Teams', '#web'), 'Leave'));
    await press(buttonOf(rowOf(page, 'Teams', '#web'), 'Join'));
    await buttonOf(rowOf(page, 'Teams', '#web'), 'Leave').waitFor();
    const asking = await at.open(member, 'teams');
    for (const slug of ['#web', '#data']) await keyboardOf(asking).press(buttonOf(rowOf(asking, 'Teams', slug), 'Request to join'));
    await press(page.getByRole('button', { name: /1 other on this page/ }));
    await dialogOf(page, 'Who else is here').waitFor();
    await assertAccessible(page, '[role=dialog]');
    await key('Escape');
    const requests = page.getByRole('region', { name: 'Requests to join a team' });
    const lineOf = (slug: string) => requests.getByRole('listitem').filter({ hasText: slug });
    await lineOf('#data').waitFor();
    await assertAccessible(page, '.access-requests');
    await press(buttonOf(lineOf('#web'), 'Approve'));
    await press(buttonOf(lineOf('#data'), 'Deny'));
    await requests.waitFor({ state: 'detached' });
    await key('/');
    await type('web');
    await press(page.getByRole('link', { name: '#web: details' }));
    const panel = page.getByRole('dialog').first();
    await write(panel.getByLabel('Name'), 'Web Guild');
    await press(buttonOf(panel, 'Save'));
    await page.getByText('Saved the details of #web').first().waitFor();
    await choose(panel.getByLabel(`Role of ${member.email} on #web`), 'Team Admin');
    await page.getByText('is now Team Admin of #web').first().waitFor();
    const remove = buttonOf(panel, `Remove ${member.email} from #web`);
    await press(remove);
    await remove.waitFor({ state: 'detached' });
    await choose(panel.getByLabel('Add a member to #web'), 'An Account');
    await remove.waitFor();
    await choose(panel.getByLabel('Assign a project to #web'), 'warehouse');
    await press(buttonOf(panel, 'Unassign warehouse from #web'));
    await panel.getByText('No projects yet.').waitFor();
    await press(buttonOf(panel, 'Remove team'));
    await page.getByLabel(/to confirm/).waitFor();
    await assertAccessible(page, 'dialog:last-of-type');
    await type('web');
    await key('Enter');
    await isClosed(page);
    await rowOf(page, 'Teams', '#web').waitFor({ state: 'detached' });
  });

  it('creates a project, changes its details, teams and keys, and checks access', async () => {
    for (const slug of ['web', 'data']) await aTeam(slug);
    const page = await at.open(at.owner, 'projects');
    const { key, type, press, write, choose } = keyboardOf(page);
    await press(buttonOf(page, 'Create project'));
    await page.getByRole('dialog').waitFor();
    await assertAccessible(page, 'dialog');
    await type('shop');
    await choose(page.getByLabel('Team', { exact: true }), '#web');
    await press(buttonOf(page.getByRole('dialog'), 'Create project'));
    await dialogOf(page, 'shop').waitFor();
    await key('Escape');
    await press(buttonOf(page, 'Check access to shop'));
    await page.getByText('An Account can see shop.').waitFor();
    await key('Escape');
    await choose(page.getByRole('combobox', { name: 'Filter by team' }), '#data');
    await press(buttonOf(page, 'Clear search'));
    await press(buttonOf(page, 'Check access'));
    await choose(page.getByLabel('Project', { exact: true }), 'shop');
    await page.getByText('An Account can see shop.').waitFor();
    await press(buttonOf(page.getByRole('dialog'), 'Close').last());
    await press(page.getByRole('link', { name: 'shop: details' }));
    const panel = page.getByRole('dialog').first();
    await press(buttonOf(panel, 'Check access'));
    await page.getByText('An Account can see shop.').waitFor();
    await key('Escape');
    await write(panel.getByLabel('Platform'), 'python');
    await press(buttonOf(panel, 'Save'));
    await page.getByText('Saved the details of shop').first().waitFor();
    await choose(panel.getByLabel('Assign a team to shop'), '#data');
    await press(buttonOf(panel, 'Unassign shop from #web'));
    await buttonOf(panel, 'Unassign shop from #web').waitFor({ state: 'detached' });
    await press(buttonOf(panel, 'Copy DSN of Default'));
    await buttonOf(panel, 'Copied').waitFor();
    await press(buttonOf(panel, 'Disable'));
    await panel.getByText('Disabled', { exact: true }).waitFor();
    await press(buttonOf(panel, 'Create key'));
    await dialogOf(page, 'Create a key for shop').waitFor();
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
    await isClosed(page);
    await rowOf(page, 'Projects', 'shop').waitFor({ state: 'detached' });
  });
});
