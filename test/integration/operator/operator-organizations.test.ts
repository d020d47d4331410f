import assert from 'node:assert/strict';
import { OrgState } from '@rollcall/protocol';
import { startServer, type TestServer } from '../../support/server.ts';

describe("the operator's organizations", () => {
  let server: TestServer;
  let ownerId: string;
  before(async () => {
    server = await startServer();
    ownerId = await aUser();
  });
  after(() => server.stop());

  let count = 0;
  async function aUser(email = `user-${++count}@example.com`): Promise<string> {
    return (await server.operate('POST', '/users/', { email })).body.id;
  }

  async function anOrganization(fields: object = {}) {
    const answer = await server.operate('POST', '/organizations/', { name: `Organization ${++count}`, ownerId, ...fields });
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return answer.body as { id: string; slug: string };
  }

  async function readState(orgId: string, audience = 'owner') {
    const { body } = await server.operate('GET', `/organizations/${orgId}/state/?audience=${audience}`);
    return { ...body, state: OrgState.from(body.records) } as {
      revision: number;
      count: number;
      sum: number;
      cursor: string;
      state: OrgState;
    };
  }

  it('[W1] begin with their owner, in one revision', async () => {
    const answer = await server.operate('POST', '/organizations/', { name: 'Acme_Works', ownerId: Number(ownerId) });
    assert.equal(answer.status, 201);
    assert.equal(answer.body.slug, 'acme-works');
    assert.deepEqual(answer.body.status, { id: 'active', name: 'active' });
    assert.match(answer.headers.get('x-org-revision')!, /^[0-9a-f-]{36}\.1$/);
    const { state, revision, count } = await readState(answer.body.id);
    assert.deepEqual([revision, count], [1, 3], 'the organization, its owner, and the audit log entry');
    assert.equal(state.memberOfUser(ownerId)?.orgRole, 'owner');
  });

  it('[5.1] have the default flags of a new organization', async () => {
    const { state } = await readState((await anOrganization()).id);
    const { openMembership, allowMemberProjectCreation, allowMemberInvite, allowSharedIssues, require2FA, enhancedPrivacy } =
      state.organization!;
    assert.deepEqual(
      { openMembership, allowMemberProjectCreation, allowMemberInvite, allowSharedIssues, require2FA, enhancedPrivacy },
      {
        openMembership: true,
        allowMemberProjectCreation: false,
        allowMemberInvite: true,
        allowSharedIssues: true,
        require2FA: false,
        enhancedPrivacy: false,
      },
    );
  });

  it('[5.3] get another slug if the generated one is taken, has only digits or is reserved', async () => {
    const first = await anOrganization({ name: 'Twice' });
    const second = await anOrganization({ name: 'Twice' });
    assert.equal(first.slug, 'twice');
    assert.match(second.slug, /^twice-[0-9a-z]{2}$/);
    assert.match((await anOrganization({ name: '1234' })).slug, /^1234-[0-9a-z]{2}$/);
    assert.match((await anOrganization({ name: 'Settings' })).slug, /^[0-9a-f]{12}(-[0-9a-z]+)?$/);
  });

  it('[5.3] cannot have an explicit slug that is taken, in any case', async () => {
    await anOrganization({ slug: 'one-of-a-kind' });
    const refused = await server.operate('POST', '/organizations/', { name: 'Other', ownerId, slug: 'one-of-a-kind' });
    assert.deepEqual([refused.status, refused.body], [400, { slug: ['The slug "one-of-a-kind" is already in use.'] }]);
  });

  it('[W4] get all validation errors at once, and a rejected request leaves no record', async () => {
    const { db } = server.services;
    const countHeads = async () => (await db.selectFrom('org_heads').select('organization_id').execute()).length;
    const before = await countHeads();
    const { status, body } = await server.operate('POST', '/organizations/', { slug: 'api', ownerId: '999999999' });
    assert.equal(status, 400);
    assert.deepEqual(body, {
      name: ['This field is required.'],
      slug: ['This slug "api" is reserved and not allowed.'],
      ownerId: ['Invalid pk "999999999" - object does not exist.'],
    });
    assert.deepEqual((await server.operate('POST', '/organizations/', { name: 'Other' })).body, { ownerId: ['This field is required.'] });
    assert.equal(await countHeads(), before);
  });

  it('[W5] exist once for the same Idempotency-Key', async () => {
    const create = () =>
      server.request('POST', '/api/operator/organizations/', {
        token: server.operatorToken,
        headers: { 'Idempotency-Key': 'the same key' },
        body: { name: 'Once', ownerId },
      });
    const answers = await Promise.all([create(), create(), create()]);
    assert.equal(new Set(answers.map(({ body }) => body.id)).size, 1);
    assert.equal((await server.services.db.selectFrom('organizations').select('id').where('name', '=', 'Once').execute()).length, 1);
  });

  it('accept users as full members with the default role, once each', async () => {
    const { id } = await anOrganization();
    const userId = await aUser();
    const added = await server.operate('POST', `/organizations/${id}/members/`, { userId });
    assert.equal(added.status, 201);
    assert.deepEqual(
      [added.body.orgRole, added.body.pending, added.body.user.id, added.body.inviteStatus],
      ['member', false, userId, 'approved'],
    );
    const again = await server.operate('POST', `/organizations/${id}/members/`, { userId, orgRole: 'owner' });
    assert.equal(again.status, 409);
    assert.equal((await readState(id)).state.memberOfUser(userId)?.orgRole, 'member');
  });

  it('reject unknown users, roles and teams', async () => {
    const { id } = await anOrganization();
    const userId = await aUser();
    const refused = await server.operate('POST', `/organizations/${id}/members/`, {
      userId: '999999999',
      orgRole: 'king',
      teams: ['none'],
    });
    assert.equal(refused.status, 400);
    assert.deepEqual(refused.body, {
      orgRole: ['"king" is not a valid choice.'],
      userId: ['Invalid pk "999999999" - object does not exist.'],
      teams: ['Invalid teams'],
    });
    assert.equal((await server.operate('POST', `/organizations/${id}/members/`, { userId, orgRole: 'admin' })).status, 201);
    assert.equal((await server.operate('POST', '/organizations/none/members/', { userId })).status, 404);
  });

  it('have tokens with scopes, which are shown once and stored as a hash', async () => {
    const { id, slug } = await anOrganization();
    const made = await server.operate('POST', `/organizations/${slug}/tokens/`, { name: 'back end', scopes: ['org:read', 'member:read'] });
    assert.equal(made.status, 201);
    assert.deepEqual(Object.keys(made.body), ['id', 'token', 'scopes']);
    assert.equal(JSON.parse(Buffer.from(made.body.token.split('_')[1], 'base64').toString()).org, slug);

    const caller = await server.services.authenticate({ authorization: `Bearer ${made.body.token}`, sessionToken: null });
    assert.deepEqual(caller?.actor, {
      kind: 'org-token',
      tokenId: made.body.id,
      orgId: id,
      tokenScopes: new Set(['org:read', 'member:read']),
      isForScim: false,
    });
    const { db } = server.services;
    const everything = JSON.stringify([
      await db.selectFrom('change_log').selectAll().execute(),
      await db.selectFrom('auth_tokens').selectAll().execute(),
    ]);
    assert.ok(!everything.includes(made.body.token));
    assert.ok((await readState(id)).state.get('auth-token', made.body.id));
    assert.equal((await readState(id, 'member')).state.get('auth-token', made.body.id), null, 'for managers only');
    await assert.rejects(server.services.authenticate({ authorization: `Bearer ${made.body.token}x`, sessionToken: null }), {
      message: 'Invalid org token',
    });
  });

  it('[F3] show their state as each role sees it', async () => {
    const { id } = await anOrganization();
    const owner = await readState(id, 'owner');
    const member = await readState(id, 'member');
    assert.equal(owner.revision, member.revision);
    assert.ok(owner.cursor && Number.isSafeInteger(owner.sum));
    assert.deepEqual((await server.operate('GET', `/organizations/${id}/state/?audience=king`)).body, {
      audience: ['"king" is not a valid choice.'],
    });
    assert.equal((await server.operate('GET', '/organizations/none/state/')).status, 404);
  });

  it('[5.7] get one mark for deletion, for any number of requests', async () => {
    const { id } = await anOrganization();
    const first = await server.operate('DELETE', `/organizations/${id}/`);
    const second = await server.operate('DELETE', `/organizations/${id}/`);
    assert.deepEqual([first.status, second.status], [202, 202]);
    assert.deepEqual(first.body.status, { id: 'pending_deletion', name: 'pending deletion' });
    assert.equal(first.headers.get('x-org-revision'), second.headers.get('x-org-revision'));
  });

  it('[5.7] become active again by PUT with cancelDeletion only, once, with an entry in the audit log', async () => {
    const { id } = await anOrganization();
    const put = (body: object) => server.operate('PUT', `/organizations/${id}/`, body);
    await server.operate('DELETE', `/organizations/${id}/`);
    for (const body of [{ name: 'Renamed' }, { cancelDeletion: false }]) {
      assert.equal((await put(body)).body.status.id, 'pending_deletion');
    }
    const restored = await put({ cancelDeletion: true });
    assert.deepEqual([restored.status, restored.body.status], [200, { id: 'active', name: 'active' }]);
    const { state, revision } = await readState(id);
    const events = [...state.recordsOf('audit-entry').values()].map(({ event }) => event);
    assert.ok(events.includes('org.restore'), events.join());
    await put({ cancelDeletion: true });
    assert.equal((await readState(id)).revision, revision, '[W3] an active organization gets no revision');
    assert.deepEqual((await put({ cancelDeletion: 'perhaps' })).body, { cancelDeletion: ['Must be a valid boolean.'] });
  });
});
