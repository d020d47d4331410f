import assert from 'node:assert/strict';
import type { Locator, Page } from 'playwright-core';
import { eventually } from '../support/eventually.ts';
import { importLines, importMembers } from '../support/large.ts';
import { buttonOf, organizationPages } from './organization-pages.ts';
import { assertAccessible, chooseInMenu, chooseOption, isLive, memberRow } from './pages.ts';

const isInWindow = (target: Locator) =>
  target.evaluate((element) => {
    const { top, bottom, left, right } = element.getBoundingClientRect();
    return top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth;
  });

describe('bulk changes in the console', function () {
  this.timeout(150_000);
  const at = organizationPages();
  const barOf = (page: Page) => page.getByRole('toolbar', { name: 'Selected members' });
  const jobOf = (page: Page) => page.getByRole('region', { name: 'Bulk action' });
  const statusOf = (page: Page, text: string | RegExp) => jobOf(page).getByRole('status').filter({ hasText: text });

  async function withMembers(count: number, ...teams: readonly string[]): Promise<void> {
    const { body } = await at.asOwner('GET', '/organizations/:org/');
    await importMembers(at.server, { id: body.id }, count);
    const lines = teams.map((team) => JSON.stringify({ op: 'team.create', team }));
    if (lines.length > 0) await importLines(at.server, body.id, lines);
  }
  async function memberCountOf(team: string): Promise<number> {
    const { body } = await at.asOwner('GET', `/teams/${at.slug}/${team}/`);
    return body.memberCount;
  }
  async function selectAll(page: Page, query = ''): Promise<void> {
    if (query !== '') {
      await page.getByRole('searchbox').fill(query);
      await page.getByText(/ of [\d,]+ members$/).waitFor();
    }
    await page.getByRole('checkbox', { name: 'Select all' }).check();
  }
  async function addToTeam(page: Page, team: string): Promise<void> {
    await buttonOf(barOf(page), 'Add to team').click();
    await page
      .getByRole('listbox')
      .getByRole('option', { name: `#${team}`, exact: true })
      .click();
  }
  /** Holds back the requests of bulk actions from number `from` on, until `release` is called. */
  async function hold(page: Page, from = 1) {
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const sent: { readonly action: string; readonly members: readonly string[] }[] = [];
    await page.route('**/members-bulk/', async (route) => {
      sent.push(route.request().postDataJSON());
      if (sent.length >= from) await released;
      await route.continue().catch(() => {});
    });
    return { release, sent };
  }

  it('[H-73] continue on other pages until all members are changed, show the result, and can be undone', async () => {
    await withMembers(1_000, 'team-5');
    const page = await at.open(at.owner, 'members', { width: 1_440, height: 900 });
    await selectAll(page, 'member-99');
    await barOf(page).getByText('All 11 that match').waitFor();
    await page.getByRole('searchbox').fill('member-1');
    await page.getByText('111 of 1,001 members').waitFor();
    await page.getByRole('checkbox', { name: 'Select all' }).check();
    await barOf(page).getByText('All 111 that match').waitFor();
    const { release } = await hold(page, 2);
    await addToTeam(page, 'team-5');
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Add 111 members to #team-5.').waitFor();
    await buttonOf(dialog, 'Add 111 members').click();
    await page.getByRole('link', { name: 'Teams' }).click();
    await jobOf(page).getByText('Adding to #team-5 · 100 of 111').waitFor();
    await page.getByRole('heading', { name: 'Teams', level: 1 }).waitFor();
    await assertAccessible(page);
    assert.ok(await isInWindow(jobOf(page)));
    // A reload or a closed tab asks first.
    assert.equal(await page.evaluate(() => !dispatchEvent(new Event('beforeunload', { cancelable: true }))), true);
    release();
    await statusOf(page, '111 members added to #team-5').waitFor();
    assert.equal(await page.evaluate(() => !dispatchEvent(new Event('beforeunload', { cancelable: true }))), false);
    assert.equal(await memberCountOf('team-5'), 111);
    await buttonOf(jobOf(page), 'Undo').click();
    await statusOf(page, '111 members removed from #team-5').waitFor();
    assert.equal(await memberCountOf('team-5'), 0);
    await buttonOf(jobOf(page), 'Dismiss').click();
    await jobOf(page).waitFor({ state: 'detached' });
  });

  it('[H-73] undo only what they changed, to the role that each member had', async () => {
    const [admin, member, manager] = [await at.aMember('admin'), await at.aMember('member'), await at.aMember('manager')];
    const page = await at.open(at.owner, 'members');
    for (const { email } of [admin, member, manager]) await memberRow(page, email).getByRole('checkbox').check();
    await chooseInMenu(page, buttonOf(barOf(page), 'Change role'), /^Manager/);
    await statusOf(page, '2 members updated. 1 has that role already.').waitFor();
    // Another owner changes one of them again, which the undo must keep.
    await at.asOwner('PUT', `/organizations/:org/members/${member.memberId}/`, { orgRole: 'owner' });
    await eventually(async () => assert.match((await memberRow(page, member.email).textContent())!, /Owner/));
    await buttonOf(jobOf(page), 'Undo').click();
    await statusOf(page, '1 member updated').waitFor();
    for (const [who, role] of [
      [admin, 'admin'],
      [member, 'owner'],
      [manager, 'manager'],
    ] as const) {
      const { body } = await at.asOwner('GET', `/organizations/:org/members/${who.memberId}/`);
      assert.equal(body.orgRole, role);
    }
  });

  it('restore the team role of members when their removal from a team is undone', async () => {
    await at.asOwner('POST', '/organizations/:org/teams/', { slug: 'web' });
    const [lead, other, outside] = [await at.aMember('member', ['web']), await at.aMember('member', ['web']), await at.aMember('member')];
    await at.asOwner('PUT', `/organizations/:org/members/${lead.memberId}/teams/web/`, { teamRole: 'admin' });
    const page = await at.open(at.owner, 'members');
    for (const { email } of [lead, other, outside]) await memberRow(page, email).getByRole('checkbox').check();
    await chooseOption(page, buttonOf(barOf(page), 'Remove from team'), '#web');
    await statusOf(page, '2 members removed from #web. 1 wasn’t on it.').waitFor();
    await buttonOf(jobOf(page), 'Undo').click();
    await statusOf(page, '2 members added to #web').waitFor();
    const { body } = await at.asOwner('GET', `/organizations/:org/members/${lead.memberId}/`);
    assert.deepEqual(body.teamRoles, [{ teamSlug: 'web', role: 'admin' }]);
  });

  it('[H-73] stay in sight at the bottom of a wide window and a phone, and hide no row', async () => {
    await withMembers(1_000);
    for (const [width, height] of [
      [1_440, 900],
      [390, 844],
    ] as const) {
      const page = await at.open(at.owner, 'members', { width, height });
      await page.evaluate(() => scrollTo(0, 8_000));
      const boxes = page.getByRole('checkbox', { name: /^Select member/ });
      await eventually(async () => assert.ok((await boxes.count()) > 5, 'rows are shown'));
      await boxes.nth(8).check();
      await barOf(page).getByText('1 selected').waitFor();
      assert.ok(await isInWindow(barOf(page)), `at ${width} px`);
      await assertAccessible(page);
      await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
      const last = memberRow(page, 'member-999').or(page.getByRole('row').filter({ hasText: 'member-999' }));
      await last.last().waitFor();
      await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
      await eventually(async () => {
        const [row, bar] = [await page.getByRole('row').last().boundingBox(), await barOf(page).boundingBox()];
        assert.ok(row && bar && row.y + row.height <= bar.y, `the last row ends at ${row!.y + row!.height}, the bar starts at ${bar!.y}`);
      });
      await page.keyboard.press('Escape');
      await barOf(page).waitFor({ state: 'detached' });
    }
  });

  it('[H-73] ask from 25 members on, with the number in the button, and send nothing before', async () => {
    await withMembers(1_000, 'team-7');
    const page = await at.open(at.owner, 'members');
    const { sent, release } = await hold(page);
    await selectAll(page);
    await barOf(page).getByText('All 1,001 members selected').waitFor();
    await addToTeam(page, 'crowd');
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Add 901 members to #crowd. 100 are on it already.').waitFor();
    await buttonOf(dialog, 'Add 901 members').waitFor();
    await assertAccessible(page, 'dialog');
    await buttonOf(dialog, 'Cancel').click();
    await chooseInMenu(page, buttonOf(barOf(page), 'Change role'), /^Manager/);
    await buttonOf(dialog, 'Change 1,000 members').waitFor();
    await dialog.getByText('1 can’t be changed.').waitFor();
    await buttonOf(dialog, 'Cancel').click();
    await chooseOption(page, buttonOf(barOf(page), 'Remove from team'), '#crowd');
    await buttonOf(dialog, 'Remove 100 members').waitFor();
    await buttonOf(dialog, 'Cancel').click();
    await buttonOf(barOf(page), 'Remove').click();
    await buttonOf(dialog, 'Remove 1,000 members').waitFor();
    await dialog.getByText('They can’t be restored').waitFor();
    await buttonOf(dialog, 'Cancel').click();
    assert.deepEqual(sent, []);
    release();
  });

  it('wait as long as the server asks, and while there is no connection', async () => {
    await withMembers(3, 'team-5');
    const page = await at.open(at.owner, 'members');
    const answers = [
      { status: 429, headers: { 'Retry-After': '1' }, body: '{"detail":"Too many requests."}' },
      { status: 503, headers: { 'Retry-After': '7' }, body: '{"detail":"Unavailable."}' },
      { status: 412, headers: {}, body: '{"detail":"The organization changed.","orgRevision":"1.1"}' },
      null,
    ];
    let requests = 0;
    const keys = new Set<string>();
    await page.route('**/members-bulk/', async (route) => {
      keys.add(route.request().headers()['idempotency-key']!);
      const answer = answers[requests++];
      if (answer === null) await route.abort('connectionreset');
      else if (answer) await route.fulfill({ ...answer, contentType: 'application/json' });
      else await route.continue();
    });
    await selectAll(page, 'member-');
    await addToTeam(page, 'team-5');
    await jobOf(page)
      .getByText(/Too many requests/)
      .waitFor();
    await statusOf(page, '3 members added to #team-5').waitFor();
    assert.equal(keys.size, 1, 'the same request is sent again, which the server executes once');
    assert.ok(requests > 4);
    assert.equal(await memberCountOf('team-5'), 3);
  });

  it('continue where they were stopped, in another organization, after a reload, and not after a logout', async () => {
    await withMembers(120, 'team-5');
    const made = await at.server.operate('POST', '/organizations/', { name: 'Elsewhere', ownerId: at.owner.id });
    const page = await at.open(at.owner, 'members');
    let held = await hold(page);
    await selectAll(page, 'member-');
    await addToTeam(page, 'team-5');
    await buttonOf(page.getByRole('dialog'), 'Add 120 members').click();
    await buttonOf(jobOf(page), 'Stop').click();
    held.release();
    await buttonOf(jobOf(page), '20 not done: Continue').waitFor();
    await statusOf(page, '100 members added to #team-5. Stopped.').waitFor();
    await page.unroute('**/members-bulk/');
    await page.reload();
    await isLive(page);
    await buttonOf(jobOf(page), '20 not done: Continue').waitFor();
    held = await hold(page);
    await buttonOf(jobOf(page), '20 not done: Continue').click();
    await page.locator('.sidebar').getByRole('button').first().click();
    await page.getByRole('menu').getByText('Elsewhere').click();
    await page.waitForURL(new RegExp(`/organizations/${made.body.slug}/`));
    await jobOf(page)
      .getByText(/^Adding to #team-5 in Org/)
      .waitFor();
    await chooseInMenu(page, page.getByRole('button', { name: /^Your account/ }), 'Log out');
    const dialog = page.getByRole('dialog');
    await dialog.getByText('20 members aren’t done.').waitFor();
    await buttonOf(dialog, 'Cancel').click();
    held.release();
    await statusOf(page, '120 members added to #team-5').waitFor();
    assert.equal(await memberCountOf('team-5'), 120);
  });

  it('do not claim a result after a reload during a request', async () => {
    await withMembers(30, 'team-5');
    const page = await at.open(at.owner, 'members');
    const held = await hold(page);
    await selectAll(page, 'member-');
    await addToTeam(page, 'team-5');
    await buttonOf(page.getByRole('dialog'), 'Add 30 members').click();
    await eventually(() => assert.equal(held.sent.length, 1));
    page.on('dialog', (dialog) => dialog.accept());
    await page.reload();
    await isLive(page);
    await statusOf(page, 'Interrupted. Continue to see what was done.').waitFor();
    held.release();
    await page.unroute('**/members-bulk/');
    await buttonOf(jobOf(page), '30 not done: Continue').click();
    await statusOf(page, '30 members added to #team-5').waitFor();
    assert.equal(await memberCountOf('team-5'), 30);
  });

  it('can be undone after a reload, and keep the focus of the keyboard', async () => {
    await withMembers(30, 'team-5');
    const page = await at.open(at.owner, 'members');
    await selectAll(page, 'member-');
    await addToTeam(page, 'team-5');
    const hasFocusIn = (target: Locator) =>
      eventually(async () => assert.equal(await target.evaluate((one) => one.contains(document.activeElement)), true));
    await buttonOf(page.getByRole('dialog'), 'Add 30 members').focus();
    await page.keyboard.press('Enter');
    await statusOf(page, '30 members added to #team-5').waitFor();
    await hasFocusIn(jobOf(page));
    await page.reload();
    await isLive(page);
    await statusOf(page, '30 members added to #team-5').waitFor();
    await buttonOf(jobOf(page), 'Undo').focus();
    await page.keyboard.press('Enter');
    await statusOf(page, '30 members removed from #team-5').waitFor();
    await hasFocusIn(jobOf(page));
    assert.equal(await memberCountOf('team-5'), 0);
    await buttonOf(jobOf(page), 'Dismiss').focus();
    await page.keyboard.press('Enter');
    await hasFocusIn(page.getByRole('heading', { name: 'Members', level: 1 }));
    await page.reload();
    await isLive(page);
    assert.equal(await jobOf(page).count(), 0, 'a result without an undo does not return');
  });

  it('show that the session ended, and continue after the next login', async () => {
    await withMembers(120, 'team-5');
    const page = await at.open(at.owner, 'members');
    const held = await hold(page, 2);
    await selectAll(page, 'member-');
    await addToTeam(page, 'team-5');
    await buttonOf(page.getByRole('dialog'), 'Add 120 members').click();
    await jobOf(page).getByText('Adding to #team-5 · 100 of 120').waitFor();
    const cookies = await page.context().cookies();
    await page.context().clearCookies();
    held.release();
    await jobOf(page).getByText('Your session has ended. Log in again to continue.').waitFor();
    await page.context().addCookies(cookies);
    await page.goto(new URL(`/organizations/${at.slug}/members/`, at.server.url).href);
    await isLive(page);
    await buttonOf(jobOf(page), '20 not done: Continue').click();
    await statusOf(page, '120 members added to #team-5').waitFor();
    assert.equal(await memberCountOf('team-5'), 120);
  });

  it('end when the access of the user ends, and then show no name', async () => {
    await withMembers(120, 'team-5');
    const manager = await at.aMember('manager');
    const page = await at.open(manager, 'members');
    const held = await hold(page, 2);
    await selectAll(page, 'member-');
    await addToTeam(page, 'team-5');
    await buttonOf(page.getByRole('dialog'), 'Add 120 members').click();
    await jobOf(page).getByText('Adding to #team-5 · 100 of 120').waitFor();
    await at.asOwner('DELETE', `/organizations/:org/members/${manager.memberId}/`);
    await page.getByRole('heading', { name: 'Your access has ended' }).waitFor();
    held.release();
    await statusOf(page, 'Your access to the organization has ended.').waitFor();
    assert.equal(await buttonOf(jobOf(page), 'Show details').count(), 0);
    assert.ok(!(await page.content()).includes('member-1'), 'the page contains none of its data');
  });
});
