import assert from 'node:assert/strict';
import { readMails } from '../../support/mailbox.ts';
import { addMember, anOrganizationOf, aPerson } from '../../support/provision.ts';
import { startServer } from '../../support/server.ts';

/** A server with the switch set, an organization, and a pending request to invite a person. */
async function aServerThatInvites(invites: 'unsent' | 'off') {
  const server = await startServer({ INVITES: invites });
  const owner = await aPerson(server);
  const org = await anOrganizationOf(server, owner);
  const plain = await aPerson(server);
  await addMember(server, org, plain, 'member');
  const call = (method: string, path: string, body?: unknown, by = owner) =>
    server.request(method, `/api/0/organizations/${org.slug}/${path}`, { token: by.token, body });
  const request = await call('POST', 'invite-requests/', { email: 'asked@example.com' }, plain);
  assert.equal(request.status, 201);
  const eventsOf = async (id: string) => {
    const { rows } = (await call('GET', 'audit-logs/')).body;
    return rows.filter((row: { targetObject: number }) => row.targetObject === Number(id)).map(({ event }: { event: string }) => event);
  };
  return { server, call, plain, requestId: request.body.id as string, eventsOf };
}

describe('the switch for invites', () => {
  const notAllowed = { organization: 'Your organization is not allowed to invite members' };

  it('[6.3] [7.2] blocks invites, resending and approvals if it is `off`', async () => {
    const { server, call, plain, requestId } = await aServerThatInvites('off');
    try {
      const refused = await call('POST', 'members/', { email: 'nobody', orgRole: 'x' });
      assert.deepEqual([refused.status, refused.body], [403, notAllowed], 'the mode is checked before the fields');
      await call('PUT', '', { allowMemberInvite: false });
      assert.equal(
        (await call('POST', 'members/', { email: 'new@example.com' }, plain)).body.organization,
        undefined,
        'the mode is checked after the caller’s rights',
      );
      const approval = await call('PUT', `invite-requests/${requestId}/`, { approve: true });
      assert.deepEqual([approval.status, approval.body], [400, { approve: ['Your organization is not allowed to invite members.'] }]);
      assert.equal((await call('GET', 'members/')).body.length, 2);
    } finally {
      await server.stop();
    }
  });

  it('[6.3] [7.2] creates pending members without a token or a mail if it is `unsent`', async () => {
    const { server, call, requestId, eventsOf } = await aServerThatInvites('unsent');
    try {
      const { status, body } = await call('POST', 'members/', { email: 'new@example.com', orgRole: 'manager' });
      assert.deepEqual([status, body.pending, body.expired, body.orgRole], [201, true, false, 'manager']);
      assert.deepEqual(await eventsOf(body.id), ['member.add']);
      const approved = await call('PUT', `invite-requests/${requestId}/`, { approve: true });
      assert.deepEqual([approved.status, approved.body.inviteStatus], [200, 'approved']);
      assert.deepEqual(await eventsOf(requestId), ['member.add', 'invite-request.create']);
      const again = await call('PUT', `members/${body.id}/`, { reinvite: true });
      assert.deepEqual([again.status, again.body], [403, notAllowed]);
      const rows = await server.services.db
        .selectFrom('members')
        .select(['invite_token_hash', 'invite_expires_at'])
        .where('user_id', 'is', null)
        .execute();
      const withoutToken = { invite_token_hash: null, invite_expires_at: null };
      assert.deepEqual(rows, [withoutToken, withoutToken]);
      for (const address of ['new@example.com', 'asked@example.com']) assert.deepEqual(readMails(server, address), []);
    } finally {
      await server.stop();
    }
  });
});
