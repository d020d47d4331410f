import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.ts';
import { buttonOf, hasNoSidewaysScroll, organizationPages, rowOf } from './organization-pages.ts';
import { assertAccessible, chooseOption } from './pages.ts';

describe('the invitations page', () => {
  const at = organizationPages();

  it('invites pasted addresses, shows the result of each, and updates the other browser', async () => {
    await at.asOwner('POST', '/organizations/:org/teams/', { slug: 'web' });
    const [page, other] = [await at.open(at.owner, 'invitations'), await at.open(at.owner, 'invitations')];
    await buttonOf(page, 'Invite members').first().click();
    await page.getByLabel('Email addresses').fill(`Ada <ada@example.com>, grace@example.com\n${at.owner.email} not@an@address`);
    await page.getByText('3 valid, 1 invalid. Edit or remove the invalid address.').waitFor();
    await buttonOf(page, 'Remove not@an@address').click();
    await page.getByText('3 addresses.').waitFor();
    await page.getByLabel('Role').selectOption('manager');
    await chooseOption(page, page.getByRole('combobox', { name: 'Add a team' }), '#web');
    await buttonOf(page, 'Send 3 invitations').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('2 of 3 invitations sent.').waitFor();
    await dialog.getByText('Already a member').waitFor();
    await buttonOf(dialog, 'Fix and retry 1').click();
    await buttonOf(page, `Edit ${at.owner.email}`).waitFor();
    await page.keyboard.press('Escape');
    for (const email of ['ada@example.com', 'grace@example.com']) {
      const row = rowOf(other, 'Invitations', email);
      await row.getByText('Expires in 7 days').waitFor();
      await row.getByText('#web').waitFor();
      await row.getByText('An Account').waitFor();
      await row.getByText('Manager', { exact: false }).first().waitFor();
    }
  });

  it('resends an invitation, replaces its link, and revokes it with time to undo', async () => {
    const { body } = await at.asOwner('POST', '/organizations/:org/members/', { email: 'ada@example.com' });
    await at.asOwner('POST', '/organizations/:org/members/', { email: 'grace@example.com' });
    const page = await at.open(at.owner, 'invitations');
    const row = rowOf(page, 'Invitations', 'ada@example.com');
    await buttonOf(row, 'Resend').click();
    await page.getByText('Invitation resent to ada@example.com').first().waitFor();
    await buttonOf(row, 'Replace link').click();
    await page
      .getByText(/^New link sent to /)
      .first()
      .waitFor();
    await buttonOf(row, 'Revoke').click();
    await row.waitFor({ state: 'detached' });
    await buttonOf(page, 'Undo').click();
    await row.waitFor();
    await buttonOf(row, 'Revoke').click();
    await row.waitFor({ state: 'detached' });
    // Closing the page sends pending removals.
    await page.goto('about:blank');
    await eventually(async () => {
      const { body: left } = await at.asOwner('GET', '/organizations/:org/members/?query=isInvited:true');
      assert.ok(!left.some((one: { id: string }) => one.id === body.id), 'it was revoked');
    });
  });

  it('shows when an invitation expired, and offers only a new link', async () => {
    await at.asOwner('POST', '/organizations/:org/members/', { email: 'ada@example.com' });
    const page = await at.open(at.owner, 'invitations', { isFirst: true });
    await page.clock.setSystemTime(Date.now() + 10 * 86_400_000);
    await page.reload();
    const row = rowOf(page, 'Invitations', 'ada@example.com');
    await row.getByText('Expired 3 days ago').waitFor();
    await buttonOf(row, 'Send new link').waitFor();
    assert.equal(await buttonOf(row, 'Resend').count(), 0);
  });

  it('lets managers and owners approve requests with a role and teams, and deny them', async () => {
    await at.asOwner('POST', '/organizations/:org/teams/', { slug: 'web' });
    const member = await at.aMember('member');
    await at.asOwner('PUT', '/organizations/:org/', { allowMemberInvite: false });
    const [page, asking] = [await at.open(at.owner, 'invitations'), await at.open(member, 'invitations')];
    await buttonOf(asking, 'Request invitations').click();
    await asking.getByLabel('Email addresses').fill('ada@example.com grace@example.com');
    await buttonOf(asking, 'Request 2 invitations').click();
    await asking.getByText('2 requests sent.').waitFor();
    await buttonOf(asking.getByRole('dialog'), 'Close').last().click();
    const asked = rowOf(asking, 'Invitations', 'ada@example.com');
    await asked.waitFor();
    assert.equal(await asked.getByRole('button').count(), 0, 'only managers and owners decide about requests');
    await buttonOf(rowOf(page, 'Invitations', 'ada@example.com'), 'Approve').click();
    await page.getByLabel('Role').selectOption('admin');
    await chooseOption(page, page.getByRole('combobox', { name: 'Add a team' }), '#web');
    await buttonOf(page.getByRole('dialog'), 'Approve').click();
    await asked.getByText('Expires in 7 days').waitFor();
    await asked.getByText('#web').waitFor();
    await asked.getByText('Admin', { exact: false }).first().waitFor();
    await buttonOf(rowOf(page, 'Invitations', 'grace@example.com'), 'Deny').click();
    await page.goto('about:blank');
    await rowOf(asking, 'Invitations', 'grace@example.com').waitFor({ state: 'detached' });
  });

  it('shows every reason why the approval of a request is rejected, and leaves out a team that was removed', async () => {
    for (const slug of ['web', 'data']) await at.asOwner('POST', '/organizations/:org/teams/', { slug });
    const teamRoles = ['web', 'data'].map((teamSlug) => ({ teamSlug, role: null }));
    const { body } = await at.asOwner('POST', '/organizations/:org/invite-requests/', { email: 'ada@example.com', teamRoles });
    const page = await at.open(at.owner, 'invitations');
    await buttonOf(rowOf(page, 'Invitations', 'ada@example.com'), 'Approve').click();
    const dialog = page.getByRole('dialog');
    const requests = `**/invite-requests/${body.id}/`;
    for (const field of ['orgRole', 'teamRoles', 'teams', 'approve']) {
      await page.route(requests, (route) => route.fulfill({ status: 400, json: { [field]: [`Refused: ${field}.`] } }), { times: 1 });
      await buttonOf(dialog, 'Approve').click();
      await dialog
        .getByRole('alert')
        .filter({ hasText: `Refused: ${field}.` })
        .waitFor();
    }
    await at.asOwner('DELETE', `/teams/${at.slug}/data/`);
    await buttonOf(dialog, 'Remove #data').waitFor({ state: 'detached' });
    await buttonOf(dialog, 'Approve').click();
    await page.getByText('Invited ada@example.com').first().waitFor();
    await rowOf(page, 'Invitations', 'ada@example.com').getByText('#web').waitFor();
  });

  it('[H-64] offers a member actions on their own invitations only', async () => {
    const member = await at.aMember('member');
    await at.asOwner('POST', '/organizations/:org/members/', { email: 'ada@example.com' });
    await at.as(member, 'POST', '/organizations/:org/members/', { body: { email: 'grace@example.com' } });
    const page = await at.open(member, 'invitations');
    const [foreign, own] = ['ada@example.com', 'grace@example.com'].map((email) => rowOf(page, 'Invitations', email));
    await foreign!.waitFor();
    assert.equal(await foreign!.getByRole('button').count(), 0);
    assert.deepEqual(await own!.getByRole('button').allInnerTexts(), ['Resend', 'Revoke']);
    await buttonOf(own!, 'Resend').click();
    await page.getByText('Invitation resent to grace@example.com').first().waitFor();
    await buttonOf(page, 'Invite members').click();
    await page.getByRole('dialog').waitFor();
    assert.deepEqual(await page.getByLabel('Role').getByRole('option').allInnerTexts(), ['Member'], 'no role above the viewer’s own');
  });

  it('has no axe-core violation and fits a phone', async () => {
    await at.asOwner('POST', '/organizations/:org/teams/', { slug: 'web' });
    await at.asOwner('POST', '/organizations/:org/members/', { email: 'ada@example.com', teamRoles: [{ teamSlug: 'web', role: null }] });
    await at.asOwner('POST', '/organizations/:org/invite-requests/', { email: 'grace@example.com' });
    const page = await at.open(at.owner, 'invitations', { width: 360 });
    await rowOf(page, 'Invitations', 'grace@example.com').waitFor();
    await hasNoSidewaysScroll(page);
    await assertAccessible(page);
    await buttonOf(page, 'Invite members').click();
    await page.getByRole('dialog').waitFor();
    await assertAccessible(page);
  });
});
