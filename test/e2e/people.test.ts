import assert from 'node:assert/strict';
import type { Locator, Page } from 'playwright-core';
import { eventually } from '../support/eventually.ts';
import { importLines, importMembers } from '../support/large.ts';
import { codeOf, logIn } from '../support/log-in.ts';
import { buttonOf, hasNoSidewaysScroll, organizationPages, rowOf } from './organization-pages.ts';
import { assertAccessible, chooseInMenu, hasFocus, hasRole, isLive, memberRow, roleOf } from './pages.ts';

describe('people in the console', function () {
  this.timeout(90_000);
  const at = organizationPages();
  const aTeam = (slug: string) => at.asOwner('POST', '/organizations/:org/teams/', { slug });
  const invitedEmails = async () => {
    const { body } = await at.asOwner('GET', '/organizations/:org/members/?query=isInvited:true');
    return body.map((one: { email: string }) => one.email);
  };
  const searchOf = (page: Page) => new URL(page.url()).searchParams;

  describe('[H-62] the invite dialog', () => {
    it('marks invalid addresses, and sends nothing until they are fixed', async () => {
      const page = await at.open(at.owner, 'invitations');
      await buttonOf(page, 'Invite members').click();
      const field = page.getByLabel('Email addresses');
      await field.pressSequentially('mary smith@example.org,bob@localhost');
      await field.press('Enter');
      await page.getByText('Contains a space. Use “Name <address>”, or the address alone.').waitFor();
      await page.getByText('“localhost” isn’t a full domain, such as example.com.').waitFor();
      assert.equal(await page.getByRole('button', { name: /^Send/ }).getAttribute('aria-disabled'), 'true');
      await assertAccessible(page, 'dialog');
      // A click moves an entry back to the field.
      await buttonOf(page, 'Edit mary smith@example.org').click();
      assert.equal(await field.inputValue(), 'mary smith@example.org');
      await field.fill('"Smith, Mary" <mary@example.org>');
      await buttonOf(page, 'Edit mary@example.org').waitFor();
      await buttonOf(page, 'Remove bob@localhost').click();
      await buttonOf(page, 'Send invitation').click();
      await page.getByText('1 invitation sent.').waitFor();
      assert.deepEqual(await invitedEmails(), ['mary@example.org']);
    });

    it('accepts hundreds of addresses at once, and removes the invalid ones', async () => {
      const page = await at.open(at.owner, 'invitations', { width: 390 });
      await buttonOf(page, 'Invite members').click();
      const lines = Array.from({ length: 300 }, (_, index) => `Person ${index}\t"Last, First" <p${index}@example.com>`);
      await page.getByLabel('Email addresses').fill(lines.join('\n'));
      await page.getByText('300 valid, 300 invalid. Edit or remove the invalid addresses.').waitFor();
      await buttonOf(page, 'Remove 300 invalid addresses').click();
      await buttonOf(page, 'Send 300 invitations').waitFor();
      await hasNoSidewaysScroll(page);
    });
  });

  describe('[H-63] the panel of a removed record', () => {
    it('shows who removed the record', async () => {
      await aTeam('web');
      await at.asOwner('POST', `/teams/${at.slug}/web/projects/`, { name: 'shop' });
      const [manager, member] = [await at.aMember('manager'), await at.aMember('member')];
      const page = await at.open(manager, 'teams');
      await page.getByRole('link', { name: '#web: details' }).click();
      await page.getByRole('dialog', { name: '#web' }).waitFor();
      await at.asOwner('DELETE', `/teams/${at.slug}/web/`);
      await page.getByRole('dialog', { name: '#web was removed' }).getByText('An Account removed this team.').waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('link', { name: 'Members' }).click();
      await page.getByRole('link', { name: `details of ${member.email}` }).click();
      await page.getByRole('dialog', { name: 'An Account' }).waitFor();
      await at.asOwner('DELETE', `/organizations/:org/members/${member.memberId}/`);
      await page.getByRole('dialog', { name: 'An Account was removed' }).waitFor();
      const gone = await at.open(manager, `/organizations/${at.slug}/projects/999999/`);
      await gone.getByRole('dialog', { name: 'Project not found' }).waitFor();
    });

    it('closes after the user’s own removal; leaving opens the list of organizations', async () => {
      await aTeam('web');
      const member = await at.aMember('admin', ['web']);
      const page = await at.open(member, 'teams', { isFirst: true });
      await page.getByRole('link', { name: '#web: details' }).click();
      const titles: string[] = [];
      await page.exposeFunction('sawTitle', (title: string) => titles.push(title));
      await page.evaluate(() => {
        new MutationObserver(() => {
          for (const title of document.querySelectorAll('dialog h1'))
            (globalThis as unknown as { sawTitle(text: string): void }).sawTitle(title.textContent);
        }).observe(document.body, { subtree: true, childList: true, characterData: true });
      });
      await buttonOf(page.getByRole('dialog'), 'Remove team').click();
      await page.getByLabel(/to confirm/).fill('web');
      await buttonOf(page.getByRole('dialog').last(), 'Remove team').click();
      await page.getByRole('dialog').first().waitFor({ state: 'detached' });
      assert.match(page.url(), /\/teams\/$/);
      assert.ok(!titles.some((title) => /was removed|not found/.test(title)), `no error was seen: ${titles}`);
      await page.getByRole('link', { name: 'Members' }).click();
      await chooseInMenu(page, page.getByRole('button', { name: `Actions for ${member.email}` }), 'Leave organization');
      await buttonOf(page.getByRole('dialog'), 'Leave organization').click();
      await page
        .getByText(/^You left Org/)
        .first()
        .waitFor();
      await page.getByRole('heading', { name: 'Your organizations' }).waitFor();
    });
  });

  it('[H-64] shows a member no control on any page that the server would refuse', async () => {
    await aTeam('web');
    await at.asOwner('POST', `/teams/${at.slug}/web/projects/`, { name: 'shop' });
    await at.asOwner('PUT', '/organizations/:org/', { openMembership: false, allowMemberProjectCreation: false });
    const [member, other] = [await at.aMember('member', ['web']), await at.aMember('member', ['web'])];
    const page = await at.open(member, 'members');
    await memberRow(page, other.email).waitFor();
    assert.equal(await page.getByRole('checkbox').count(), 0);
    assert.equal(await page.getByRole('columnheader', { name: '2FA' }).count(), 0);
    assert.equal(await page.getByLabel('Filter by 2FA status').count(), 0);
    assert.equal(await memberRow(page, other.email).getByRole('button').count(), 0);
    assert.equal(await memberRow(page, other.email).getByRole('combobox').count(), 0);
    await page.getByRole('link', { name: `details of ${other.email}` }).click();
    const panel = page.getByRole('dialog');
    await panel.getByText('Project access').waitFor();
    assert.equal(await panel.getByText('2FA').count(), 0);
    assert.deepEqual(await panel.getByRole('button').allInnerTexts(), [''], 'only the button to close it');
    for (const path of ['settings', 'security']) {
      await page.goto(new URL(`/organizations/${at.slug}/${path}/`, at.server.url).href);
      await page.getByText('Only managers and owners can change these settings.').waitFor();
      const main = page.getByRole('main');
      for (const role of ['switch', 'combobox', 'textbox', 'button'] as const)
        assert.equal(await main.getByRole(role).count(), 0, `${path}: ${role}`);
      assert.equal(await main.getByText(/can change|only owners/i).count(), path === 'settings' ? 2 : 1, 'one notice and one hint');
      await assertAccessible(page);
    }
    for (const [path, allowed] of [
      ['teams', ['Leave']],
      ['projects', ['Check access', '']],
    ] as const) {
      await page.goto(new URL(`/organizations/${at.slug}/${path}/`, at.server.url).href);
      await page.getByRole('table').waitFor();
      assert.deepEqual(await page.getByRole('main').getByRole('button').allInnerTexts(), allowed, path);
    }
  });

  it('[H-64] offers a team admin only actions on their teams', async () => {
    for (const slug of ['web', 'data']) await aTeam(slug);
    await at.asOwner('PUT', '/organizations/:org/', { openMembership: false });
    const [admin, other] = [await at.aMember('member', ['web']), await at.aMember('member')];
    await at.asOwner('PUT', `/organizations/:org/members/${admin.memberId}/teams/web/`, { teamRole: 'admin' });
    const page = await at.open(admin, 'members');
    await memberRow(page, other.email).getByRole('checkbox').check();
    const bar = page.getByRole('toolbar', { name: 'Selected members' });
    await bar.waitFor();
    assert.deepEqual(await bar.getByRole('button').allInnerTexts(), ['Add to team', 'Remove from team', 'Clear']);
    await buttonOf(bar, 'Add to team').click();
    const options = page.getByRole('listbox').getByRole('option');
    await options.first().waitFor();
    assert.deepEqual(await options.allInnerTexts(), ['#web']);
  });

  it('[H-65] asks before it makes a member an owner, and undoes a role change', async () => {
    const member = await at.aMember('member');
    const page = await at.open(at.owner, 'members');
    await roleOf(page, member.email).selectOption('owner');
    const dialog = page.getByRole('dialog', { name: 'Make An Account an owner?' });
    await dialog.waitFor();
    await assertAccessible(page, 'dialog');
    await buttonOf(dialog, 'Cancel').click();
    await hasRole(page, member.email, 'member');
    await roleOf(page, member.email).selectOption('admin');
    await page.getByText('An Account is now an admin').first().waitFor();
    await buttonOf(page, 'Undo').click();
    await page.getByText('An Account is a member again').first().waitFor();
    await hasRole(page, member.email, 'member');
    await roleOf(page, member.email).selectOption('owner');
    await buttonOf(dialog, 'Make owner').click();
    await page.getByText('An Account is now an owner').first().waitFor();
    // Another user changed it since, so the undo fails with an error.
    await at.asOwner('PUT', `/organizations/:org/members/${member.memberId}/`, { orgRole: 'manager' });
    await hasRole(page, member.email, 'manager');
    await buttonOf(page, 'Undo').first().click();
    await page.getByText('Couldn’t undo the change. Someone else has changed it since.').first().waitFor();
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByRole('combobox', { name: 'Default role' }).selectOption('owner');
    await page.getByRole('dialog', { name: 'Make everyone who joins an owner?' }).waitFor();
  });

  it('[H-66] shows the number of matches, and keeps the search in the address', async () => {
    await aTeam('web');
    const [one] = [await at.aMember('manager', ['web']), await at.aMember('member')];
    const page = await at.open(at.owner, 'members');
    await page.getByText('3 members', { exact: true }).waitFor();
    await page.getByLabel('Filter by role').selectOption('manager');
    await page.getByText('1 of 3 members', { exact: true }).waitFor();
    assert.equal(searchOf(page).get('query'), 'role:manager');
    const length = await page.evaluate(() => history.length);
    await page.getByRole('searchbox').press('End');
    await page.getByRole('searchbox').pressSequentially(' team:#Web');
    await eventually(async () => assert.equal(searchOf(page).get('query'), 'role:manager team:#Web'));
    assert.equal(await page.evaluate(() => history.length), length, 'typing replaces the history entry');
    await page.getByRole('link', { name: `details of ${one.email}` }).click();
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('1 of 3 members', { exact: true }).waitFor();
    await page.reload();
    await isLive(page);
    await memberRow(page, one.email).waitFor();
    assert.equal(await page.getByRole('searchbox').inputValue(), 'role:manager team:#Web');
    await page.getByText('1 of 3 members', { exact: true }).waitFor();
    await page.getByLabel('Filter by role').selectOption('');
    await eventually(async () => assert.equal(searchOf(page).get('query'), 'team:#Web'));
    await page.goBack();
    await eventually(async () => assert.equal(await page.getByRole('searchbox').inputValue(), 'role:manager team:#Web'));
    for (const [path, label] of [
      ['teams/?query=nothing', 'No teams found'],
      ['projects/?query=nothing&team=web', 'No projects yet'],
      ['invitations/?show=expired', 'No pending invitations'],
      ['audit-log/?event=org.remove', 'No matching events'],
    ] as const) {
      await page.goto(new URL(`/organizations/${at.slug}/${path}`, at.server.url).href);
      await page.getByRole('heading', { name: label }).waitFor();
    }
  });

  it('keeps a search with encoded characters as it was typed', async () => {
    const page = await at.open(at.owner, 'members');
    const text = '"50%25" %2B #1 & a+b';
    await page.getByRole('searchbox').fill(text);
    await eventually(() => assert.equal(searchOf(page).get('query'), text));
    await page.getByText('No members found').waitFor();
    assert.equal(await page.getByRole('searchbox').inputValue(), text);
    await page.reload();
    await isLive(page);
    assert.equal(await page.getByRole('searchbox').inputValue(), text);

    await page.goto(new URL('?from=%2541', page.url()).href);
    const link = page.getByRole('link', { name: `details of ${at.owner.email}` });
    await link.click();
    await page.getByRole('dialog').waitFor();
    assert.equal(searchOf(page).get('from'), '%41');
  });

  it('loads again as the user of the session when the cookie has become that of another user', async () => {
    const other = await at.aMember('member');
    const page = await at.open(at.owner, 'members', { isFirst: true });
    await page.addInitScript(() => {
      const { WebSocket } = window;
      window.WebSocket = class extends WebSocket {
        constructor(address: string | URL) {
          super(address);
          Object.assign(window, { lastSocket: this });
        }
      };
    });
    await page.reload();
    await isLive(page);
    const menu = page.getByRole('button', { name: 'Your account' });
    await menu.filter({ hasText: at.owner.email }).waitFor();
    const [name, value] = (await logIn(at.server, other)).split('=') as [string, string];
    await page.context().addCookies([{ name, value, url: at.server.url }]);
    await page.evaluate(() => (window as unknown as { lastSocket: WebSocket }).lastSocket.close());
    await menu.filter({ hasText: other.email }).waitFor();
    await isLive(page);
    await memberRow(page, other.email).waitFor();
    assert.equal(await roleOf(page, other.email).count(), 0, 'a member sees no control of roles');
  });

  it('[H-68] searches lists of hundreds of teams and thousands of people by mouse and keyboard', async () => {
    const { body } = await at.asOwner('GET', '/organizations/:org/');
    await importMembers(at.server, { id: body.id }, 3_000);
    const teams = Array.from({ length: 288 }, (_, index) => JSON.stringify({ op: 'team.create', team: `team-${index}` }));
    await importLines(at.server, body.id, teams);
    await at.asOwner('POST', `/teams/${at.slug}/team-1/projects/`, { name: 'shop' });
    const page = await at.open(at.owner, 'members');
    const filter = page.getByRole('combobox', { name: 'Filter by team' });
    await filter.click();
    const options = page.getByRole('listbox').getByRole('option');
    await options.first().waitFor();
    assert.ok((await options.count()) < 40, 'only entries near the visible part are in the document');
    assert.equal(await options.first().getAttribute('aria-setsize'), '290', 'all teams, and the option for all of them');
    await filter.fill('277');
    await options.filter({ hasText: '#team-277' }).waitFor();
    const active = await filter.getAttribute('aria-activedescendant');
    assert.equal(await page.locator(`[id="${active}"]`).textContent(), '#team-277');
    await assertAccessible(page);
    await page.keyboard.press('Enter');
    await eventually(async () => assert.equal(searchOf(page).get('query'), 'team:team-277'));
    assert.equal(await filter.inputValue(), '#team-277');
    await filter.press('ArrowDown');
    await options.first().waitFor();
    await filter.press('Escape');
    await options.first().waitFor({ state: 'detached' });
    assert.ok(await hasFocus(filter), 'the focus stays in the field');
    await filter.press('ArrowUp');
    await filter.press('End');
    await filter.press('PageUp');
    await filter.press('Tab');
    await options.first().waitFor({ state: 'detached' });
    assert.equal(await filter.inputValue(), '#team-277', 'leaving the field changes nothing');
    await page.goto(new URL(`/organizations/${at.slug}/teams/`, at.server.url).href);
    await page.getByRole('link', { name: '#team-1: details' }).click();
    await chooseAfterTyping(page, 'Add a member to #team-1', 'member-2999');
    await page.getByText('Added member-2999 to #team-1').first().waitFor();
    await page.goto(new URL(`/organizations/${at.slug}/projects/`, at.server.url).href);
    await rowOf(page, 'Projects', 'shop').waitFor();
    await buttonOf(page, 'Check access').click();
    await chooseAfterTyping(page, 'Person', 'member-1500');
    await page.getByText('member-1500 can see shop.').waitFor();
    await page.keyboard.press('Escape');
    await page.goto(new URL(`/organizations/${at.slug}/invitations/`, at.server.url).href);
    await buttonOf(page, 'Invite members').click();
    await chooseAfterTyping(page, 'Add a team', 'team 144');
    await buttonOf(page, 'Remove #team-144').waitFor();
  });

  async function chooseAfterTyping(page: Page, label: string, words: string): Promise<void> {
    await page.getByRole('combobox', { name: label }).fill(words);
    await page.getByRole('listbox').getByRole('option').first().click();
  }

  it('sends an invitation with one click after an address was typed', async () => {
    const page = await at.open(at.owner, 'invitations');
    await buttonOf(page, 'Invite members').first().click();
    await page.getByLabel('Email addresses').pressSequentially('ada@example.com');
    // The button is disabled until the click takes the focus from the field.
    await buttonOf(page, 'Send invitation').click({ force: true });
    await page.getByRole('dialog').getByText('1 invitation sent.').waitFor();
  });

  it('shows only to managers and owners who is blocked without 2FA', async () => {
    await at.asOwner('POST', '/organizations/:org/teams/', { slug: 'web' });
    const [viewer, locked] = [await at.aMember('member'), await at.aMember('member', ['web'])];
    for (const who of [at.owner, viewer]) {
      const { body } = await at.server.operate('POST', `/users/${who.id}/authenticators/`, { type: 'totp' });
      await at.logIn(who, codeOf(body.secret));
    }
    await at.change(at.owner, { require2FA: true });
    const shows2fa = async (within: Locator) => (await within.getByText('2FA').count()) > 0;
    for (const [who, isShown] of [
      [at.owner, true],
      [viewer, false],
    ] as const) {
      const page = await at.open(who, 'members');
      await memberRow(page, locked.email).waitFor();
      assert.equal(await shows2fa(page.getByRole('table', { name: 'Members' })), isShown, 'the table');
      assert.equal(await shows2fa(page.getByRole('combobox', { name: 'Filter by status' })), isShown, 'the filter');
      await page.getByRole('link', { name: new RegExp(`details of ${locked.email}`) }).click();
      await page
        .getByRole('dialog')
        .getByText(/^None /)
        .waitFor();
      assert.equal(await shows2fa(page.getByRole('dialog')), isShown, 'the details of the member');
      await page.goto(new URL(`/organizations/${at.slug}/teams/`, at.server.url).href);
      await page.getByRole('link', { name: '#web: details' }).click();
      await buttonOf(page, 'Close').first().waitFor();
      await page.getByRole('dialog').getByText('An Account').first().waitFor();
      assert.equal(await shows2fa(page.getByRole('dialog')), isShown, 'the members of the team');
    }
  });

  it('[H-60] leads a blocked member to 2FA and back, and lets an owner restore the others', async () => {
    const { body: app } = await at.server.operate('POST', `/users/${at.owner.id}/authenticators/`, { type: 'totp' });
    await at.logIn(at.owner, codeOf(app.secret));
    const [locked, other] = [await at.aMember('member'), await at.aMember('member')];
    const page = await at.open(at.owner, 'members');
    const there = await at.open(locked, 'members');
    await at.change(at.owner, { require2FA: true });
    await there.getByRole('heading', { name: 'Your access has ended' }).waitFor();
    for (const { email } of [locked, other]) {
      const row = memberRow(page, email);
      await row.getByText('Blocked: no 2FA').waitFor();
      await row.getByText('An Account').waitFor();
    }
    await there.reload();
    await there.getByRole('heading', { name: 'Set up 2FA to continue' }).waitFor();
    await there.getByRole('link', { name: 'Set up 2FA', exact: true }).waitFor();
    await there.goto(at.server.url);
    await there.getByText('Blocked: no 2FA').waitFor();
    await assertAccessible(there);
    await there.setViewportSize({ width: 390, height: 700 });
    await there.getByRole('link', { name: /Set up 2FA/ }).click();
    await buttonOf(there, 'Enable').waitFor();
    await there.waitForFunction(() => {
      const { top = -1, bottom = Infinity } = document.getElementById('second-factor')?.getBoundingClientRect() ?? {};
      return top >= 0 && bottom <= innerHeight;
    });
    await buttonOf(there, 'Enable').click();
    const secret = (await there.getByRole('dialog').locator('code').textContent())!;
    await there.getByLabel('Code').fill(codeOf(secret));
    await buttonOf(there.getByRole('dialog'), 'Enable').click();
    await there.getByRole('checkbox', { name: 'I saved them' }).check();
    await buttonOf(there, 'Done').click();
    await there.getByRole('heading', { name: 'Members', level: 1 }).waitFor();
    await isLive(there);
    assert.match(there.url(), new RegExp(`/organizations/${at.slug}/`));
    await memberRow(page, locked.email).getByText('Blocked: no 2FA').waitFor({ state: 'detached' });
    await page.getByRole('searchbox').fill('status:blocked');
    await page.getByText('1 of 3 members').or(page.getByText('1 of 3')).first().waitFor();
    await at.change(at.owner, { require2FA: false });
    const notice = page.getByRole('region', { name: 'Blocked members' });
    await notice.waitFor();
    await assertAccessible(page);
    await buttonOf(notice, 'Restore access for this person').click();
    await page.getByText('1 person has access again').first().waitFor();
    await notice.waitFor({ state: 'detached' });
    await page.getByRole('searchbox').fill('');
    await memberRow(page, other.email).waitFor();
    assert.equal(await memberRow(page, other.email).getByText('Blocked').count(), 0);
  });
});
