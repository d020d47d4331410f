import assert from 'node:assert/strict';
import type { OrgRoleId } from '../../../protocol/src/index.ts';
import { eventually } from '../../support/eventually.ts';
import { addMember, anOrganizationOf, aPerson, nextNumber, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { addAuthProvider, changeFlags, changeRecords, enforceChanges } from '../../support/security-records.ts';
import { startServer, startServerWith, type TestServer } from '../../support/server.ts';
import { startSmtp, type TestSmtp } from '../../support/smtp.ts';

const missing = { detail: 'The requested resource does not exist' };
const denied = { detail: 'You do not have permission to perform this action.' };

describe('requests for membership', () => {
  let smtp: TestSmtp;
  let server: TestServer;
  let owner: Person;
  let plain: Person;
  let org: ProvisionedOrg;
  let orgName: string;

  before(async () => {
    smtp = await startSmtp();
    server = await startServerWith(smtp, { SMTP_URL: smtp.url, TRUSTED_PROXIES: 'loopback' });
  });
  after(() => server?.stop());

  beforeEach(async () => {
    owner = await aPerson(server);
    org = await anOrganizationOf(server, owner);
    orgName = (await server.request('GET', `/api/0/organizations/${org.slug}/`, { token: owner.token })).body.name;
    plain = await aMemberOf('member');
  });

  async function aMemberOf(orgRole: OrgRoleId): Promise<Person> {
    const person = await aPerson(server);
    await addMember(server, org, person, orgRole);
    return person;
  }

  const call = (method: string, path: string, by: Person | null = owner, body?: unknown, headers: Record<string, string> = {}) =>
    server.request(method, `/api/0/organizations/${org.slug}/${path}`, { ...(by ? { token: by.token } : {}), body, headers });
  const anAddress = () => `wanted-${nextNumber()}@example.com`;
  const subjectsTo = (email: string) => smtp.received.filter(({ recipients }) => recipients.includes(email)).map(({ subject }) => subject);
  const readHead = async () => (await server.operate('GET', `/organizations/${org.id}/state/?audience=owner`)).body.revision as number;

  async function aRequest(body: Record<string, unknown> = {}, by = plain): Promise<{ id: string; email: string }> {
    const email = anAddress();
    const answer = await call('POST', 'invite-requests/', by, { email, ...body });
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return { id: answer.body.id, email };
  }

  describe('requests to invite a person', () => {
    it('[7.2] can be made by any member for any role, notify managers by mail, and stay out of the lists of members and invites', async () => {
      const manager = await aMemberOf('manager');
      const { id, email } = await aRequest({ orgRole: 'owner' });
      const [listed] = (await call('GET', 'invite-requests/')).body;
      assert.deepEqual(
        [listed.id, listed.inviteStatus, listed.orgRole, listed.pending, listed.expired, listed.teams, listed.teamRoles],
        [id, 'requested_to_be_invited', 'owner', true, false, [], []],
      );
      assert.equal((await call('GET', `invite-requests/${id}/`)).body.email, email);
      assert.deepEqual((await call('GET', `members/?query=email:${email}`)).body, []);
      assert.equal((await call('GET', `members/${id}/`)).status, 404);
      for (const { email: to } of [owner, manager]) {
        await eventually(() => assert.deepEqual(subjectsTo(to), [`Access request to ${orgName}`]));
      }
      assert.deepEqual(subjectsTo(plain.email), []);
    });

    it('[7.2] fail for an address that is a member, invited or already requested', async () => {
      const { email } = await aRequest();
      const again = await call('POST', 'invite-requests/', plain, { email: email.toUpperCase() });
      assert.deepEqual([again.status, again.body], [400, { email: [`There is an existing invite request for ${email.toUpperCase()}`] }]);
      const member = await call('POST', 'invite-requests/', plain, { email: owner.email });
      assert.deepEqual([member.status, member.body], [400, { email: [`The user ${owner.email} is already a member`] }]);
      const invited = anAddress();
      await call('POST', 'members/', owner, { email: invited });
      const pending = await call('POST', 'invite-requests/', plain, { email: invited });
      assert.deepEqual([pending.status, pending.body], [400, { email: [`The user ${invited} has already been invited`] }]);
    });

    it('[7.2] appear in pages by status and address, and requests to join only while these are allowed', async () => {
      const made = [await aRequest(), await aRequest()];
      const email = anAddress();
      assert.equal((await call('POST', 'join-request/', null, { email }, { 'X-Forwarded-For': '192.0.2.1' })).status, 204);
      const emails = async (query = '') =>
        (await call('GET', `invite-requests/?${query}`, plain)).body.map((row: { email: string }) => row.email);
      assert.deepEqual(await emails(), [...made.map((one) => one.email).toSorted(), email]);
      assert.deepEqual(await emails('per_page=2&cursor=2:1:0'), [email]);
      await call('PUT', '', owner, { allowJoinRequests: false });
      assert.deepEqual((await emails()).length, 2);
    });

    it('[7.2] cannot be found as a member, an invite, `me` or in another organization', async () => {
      const { id } = await aRequest();
      const invite = (await call('POST', 'members/', owner, { email: anAddress() })).body.id;
      for (const segment of ['me', owner.memberId, invite, '999999999', 'x']) {
        for (const method of ['GET', 'PUT', 'DELETE']) {
          const answer = await call(method, `invite-requests/${segment}/`, owner, method === 'PUT' ? { approve: true } : undefined);
          assert.deepEqual([answer.status, answer.body], [404, missing], `${method} ${segment}`);
        }
      }
      const other = await aPerson(server);
      const elsewhere = await anOrganizationOf(server, other);
      const foreign = await server.request('DELETE', `/api/0/organizations/${elsewhere.slug}/invite-requests/${id}/`, {
        token: other.token,
      });
      assert.equal(foreign.status, 404);
      assert.equal((await call('GET', `invite-requests/${id}/`)).status, 200);
    });

    it('[7.2] become an invite with the edits of the approval, once', async () => {
      await call('POST', 'teams/', owner, { slug: 'ops' });
      const { id, email } = await aRequest();
      const approved = await call('PUT', `invite-requests/${id}/`, owner, { approve: true, orgRole: 'manager', teams: ['ops'] });
      assert.deepEqual(
        [approved.status, approved.body.inviteStatus, approved.body.orgRole, approved.body.teams],
        [200, 'approved', 'manager', ['ops']],
      );
      await eventually(() => assert.deepEqual(subjectsTo(email), [`Join ${orgName} on Rollcall`]));
      assert.equal((await call('PUT', `invite-requests/${id}/`, owner, { approve: true })).status, 404);
      assert.equal((await call('GET', `members/${id}/`)).body.email, email);
      const [audit] = (await call('GET', 'audit-logs/?event=member.invite')).body.rows;
      assert.equal(audit.targetObject, Number(id));
    });

    it('[7.2] [S-05] cannot be approved with a role that the caller could not give, and a failed approval saves nothing', async () => {
      const manager = await aMemberOf('manager');
      const { id, email } = await aRequest({ orgRole: 'owner' });
      const before = await readHead();
      for (const body of [{ approve: true }, { approve: false }, { approve: true, teams: [], role: 'owner' }]) {
        const answer = await call('PUT', `invite-requests/${id}/`, manager, body);
        assert.deepEqual(
          [answer.status, answer.body],
          [400, { approve: ['You do not have permission to approve a member invitation with the role owner.'] }],
        );
      }
      const edited = await call('PUT', `invite-requests/${id}/`, manager, { orgRole: 'owner' });
      assert.deepEqual([edited.status, edited.body], [400, { orgRole: ['You do not have permission to set that org-level role'] }]);
      const refused = await call('PUT', `invite-requests/${id}/`, plain, { approve: true });
      assert.deepEqual([refused.status, refused.body], [403, denied]);
      assert.equal(await readHead(), before);
      assert.equal((await call('PUT', `invite-requests/${id}/`, manager, { approve: true, role: 'member' })).status, 200);
      await eventually(() => assert.equal(subjectsTo(email).length, 1));
    });

    it('[7.2] can be edited without a decision: the role, the teams without a team role, and only the given fields', async () => {
      await call('POST', 'teams/', owner, { slug: 'ops' });
      const { id, email } = await aRequest();
      const edit = async (body: object) => {
        const answer = await call('PUT', `invite-requests/${id}/`, owner, body);
        assert.equal(answer.status, 200, JSON.stringify(answer.body));
        const { orgRole, role, inviteStatus, teams, teamRoles } = answer.body;
        assert.equal(inviteStatus, 'requested_to_be_invited');
        assert.equal(orgRole, role);
        return [orgRole, teams, teamRoles];
      };
      const onOps = [['ops'], [{ teamSlug: 'ops', role: null }]];
      assert.deepEqual(await edit({ role: 'admin' }), ['admin', [], []]);
      assert.deepEqual(await edit({ teamRoles: [{ teamSlug: 'ops', role: 'admin' }] }), ['admin', ...onOps]);
      assert.deepEqual(await edit({ orgRole: 'member' }), ['member', ...onOps]);
      assert.deepEqual(await edit({ approve: false, role: 'manager' }), ['manager', ...onOps]);
      assert.deepEqual(await edit({ teams: [] }), ['manager', [], []]);
      assert.deepEqual(subjectsTo(email), []);
    });

    it('[7.2] can be rejected by users who manage members, with an entry in the audit log', async () => {
      const { id } = await aRequest();
      assert.equal((await call('DELETE', `invite-requests/${id}/`, plain)).status, 403);
      assert.equal((await call('DELETE', `invite-requests/${id}/`)).status, 204);
      assert.equal((await call('DELETE', `invite-requests/${id}/`)).status, 404);
      const { body } = await call('GET', 'audit-logs/?event=invite-request.remove');
      assert.equal(body.rows.length, 1);
    });

    it('[7.2] become one invite if two managers approve concurrently', async () => {
      const { id, email } = await aRequest();
      const answers = await Promise.all([1, 2, 3].map(() => call('PUT', `invite-requests/${id}/`, owner, { approve: true })));
      assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 404, 404]);
      await eventually(() => assert.equal(subjectsTo(email).length, 1));
    });
  });

  describe('requests to join', () => {
    const send = (email: unknown, from = `198.51.100.${nextNumber() % 250}`) =>
      call('POST', 'join-request/', null, email === undefined ? {} : { email }, { 'X-Forwarded-For': from });

    it('[7.3] can be made by every visitor, have the default role, and do not reveal who is a member', async () => {
      await call('PUT', '', owner, { defaultRole: 'manager' });
      const email = anAddress();
      const before = await readHead();
      for (const one of [email, email, owner.email]) {
        const answer = await send(one);
        assert.deepEqual([answer.status, answer.body, answer.headers.get('x-org-revision')], [204, '', null]);
      }
      assert.equal(await readHead(), before + 1);
      const [request] = (await call('GET', 'invite-requests/')).body;
      assert.deepEqual([request.email, request.inviteStatus, request.orgRole], [email, 'requested_to_join', 'manager']);
      const { rows } = (await call('GET', 'audit-logs/?event=invite-request.create')).body;
      assert.ok(!JSON.stringify(rows).includes(email), 'a visitor’s request adds an entry to the audit log');
      await eventually(() => assert.deepEqual(subjectsTo(owner.email), [`Access request to ${orgName}`]));
    });

    for (const [limit, status] of [
      ['LIMIT_NOTICES_PER_ORGANIZATION', 429],
      ['LIMIT_JOIN_REQUESTS_PER_ORGANIZATION', 400],
    ] as const) {
      it(`[7.3] [H-16] do not reveal who is a member beyond ${limit} either`, async () => {
        const limited = await startServer({ TRUSTED_PROXIES: 'loopback', [limit]: '2' });
        try {
          const member = await aPerson(limited);
          const { slug } = await anOrganizationOf(limited, member);
          const sendTo = (email: string) =>
            limited.request('POST', `/api/0/organizations/${slug}/join-request/`, {
              body: { email },
              headers: { 'X-Forwarded-For': `192.0.2.${nextNumber() % 250}` },
            });
          const requested = anAddress();
          for (const email of [requested, anAddress()]) assert.equal((await sendTo(email)).status, 204);
          const answers = await Promise.all([anAddress(), member.email, requested].map(sendTo));
          assert.deepEqual(
            answers.map((answer) => answer.status),
            [status, status, status],
          );
        } finally {
          await limited.stop();
        }
      });
    }

    it('[7.3] do not reveal a revision to a condition', async () => {
      const headers = { 'X-Forwarded-For': `198.51.100.${nextNumber() % 250}` };
      const { headers: shown } = await call('GET', '', owner);
      const before = shown.get('x-org-revision')!;
      for (const email of [owner.email, anAddress()]) {
        const { status, body } = await call('POST', 'join-request/', null, { email }, { ...headers, 'If-Match': before });
        assert.deepEqual([status, body], [400, { detail: 'If-Match is not supported for requests to join.' }]);
      }
    });

    it('[7.3] fail if they are switched off, and without an address', async () => {
      assert.deepEqual((await send(undefined)).body, { email: ['This field is required.'] });
      for (const email of ['nobody', '12345@qq.com']) {
        assert.deepEqual((await send(email)).body, { email: ['Enter a valid email address.'] });
      }
      await call('PUT', '', owner, { allowJoinRequests: false });
      const answer = await send(anAddress());
      assert.deepEqual([answer.status, answer.body], [403, { detail: 'Your organization does not allow join requests.' }]);
      const nowhere = await server.request('POST', '/api/0/organizations/no-such/join-request/', { body: { email: anAddress() } });
      assert.equal(nowhere.status, 404);
    });

    it('[7.2] [7.3] can’t be made if there is an identity provider; invite requests can’t if single sign-on is required', async () => {
      await addAuthProvider(server, org.id);
      const refused = await send(anAddress());
      assert.deepEqual([refused.status, refused.body], [403, '']);
      const request = () => call('POST', 'invite-requests/', owner, { email: anAddress(), orgRole: 'member' });
      assert.equal((await request()).status, 201);
      await changeRecords(server, org.id, (state) => [
        ...changeFlags(state, owner.memberId!, { 'sso:linked': true }),
        ...enforceChanges(state),
      ]);
      const { status, body } = await request();
      const detail = 'Your organization must use its single sign-on provider to register new members.';
      assert.deepEqual([status, body], [400, { detail }]);
    });

    it('[7.3] have a limit of five per day from one address', async () => {
      const from = `203.0.113.${nextNumber() % 250}`;
      for (let number = 0; number < 5; number++) assert.equal((await send(anAddress(), from)).status, 204);
      const answer = await send(anAddress(), from);
      assert.deepEqual([answer.status, answer.body], [429, { detail: 'Rate limit exceeded.' }]);
      assert.ok(Number(answer.headers.get('retry-after')) > 0);
    });

    it('[7.2] can be approved only while the organization accepts them', async () => {
      const email = anAddress();
      await send(email);
      const [{ id }] = (await call('GET', 'invite-requests/')).body;
      await call('PUT', '', owner, { allowJoinRequests: false });
      const answer = await call('PUT', `invite-requests/${id}/`, owner, { approve: true });
      assert.deepEqual([answer.status, answer.body], [400, { approve: ['Your organization does not allow requests to join.'] }]);
    });
  });

  describe('requests to join a team', () => {
    beforeEach(async () => {
      await call('POST', 'teams/', owner, { slug: 'ops' });
      await call('PUT', '', owner, { openMembership: false });
    });

    async function anAccessRequest(by: Person): Promise<string> {
      assert.equal((await call('POST', 'members/me/teams/ops/', by)).status, 202);
      const { body } = await call('GET', 'access-requests/');
      return body.find(({ member }: { member: { id: string } }) => member.id === by.memberId).id;
    }
    const decide = (id: string, isApproved: unknown, by: Person) =>
      call('PUT', `access-requests/${id}/`, by, isApproved === undefined ? {} : { isApproved });

    it('[8.4] [8.5] cause one mail, are listed for the users who decide, and add the member to the team when approved', async () => {
      const id = await anAccessRequest(plain);
      await call('POST', 'members/me/teams/ops/', plain);
      const { body } = await call('GET', 'access-requests/');
      assert.deepEqual(
        body.map((row: Record<string, { id?: string; slug?: string } | null>) => [row.member!.id, row.team!.slug, row.requester]),
        [[plain.memberId, 'ops', null]],
      );
      assert.deepEqual((await call('GET', 'access-requests/', plain)).body, []);
      await server.operate('PUT', `/users/${plain.userId}/`, { isActive: false });
      assert.deepEqual((await call('GET', 'access-requests/')).body, [], 'a request of a deactivated user cannot be decided');
      await server.operate('PUT', `/users/${plain.userId}/`, { isActive: true });
      assert.equal((await decide(id, true, owner)).status, 204);
      assert.equal((await call('GET', `members/${plain.memberId}/teams/ops/`)).status, 200);
      assert.deepEqual((await call('GET', 'access-requests/')).body, []);
      await eventually(() => assert.deepEqual(subjectsTo(owner.email), [`Request to join the team ops in ${orgName}`]));
      const [joined] = (await call('GET', 'audit-logs/?event=member.join-team')).body.rows;
      assert.equal(joined.note, `added ${plain.email} to team ops`);
    });

    it('[8.5] cannot be decided by a plain member, but by an admin of the team, and not without a decision in the body', async () => {
      const admin = await aMemberOf('member');
      await call('POST', `members/${admin.memberId}/teams/ops/`, owner);
      await call('PUT', `members/${admin.memberId}/teams/ops/`, owner, { teamRole: 'admin' });
      const id = await anAccessRequest(plain);
      const own = await decide(id, true, plain);
      assert.deepEqual([own.status, own.body], [403, '']);
      const nothing = await decide(id, undefined, owner);
      assert.deepEqual([nothing.status, nothing.body], [400, '']);
      const unheard = await decide(id, undefined, plain);
      assert.deepEqual([unheard.status, unheard.body], [403, ''], 'a caller who may not decide gets an error about the body');
      assert.equal((await decide('x', true, owner)).status, 404);
      assert.deepEqual((await call('GET', 'access-requests/', admin)).body.length, 1);
      assert.equal((await decide(id, false, admin)).status, 204);
      assert.equal((await call('GET', `members/${plain.memberId}/teams/ops/`)).status, 404);
      assert.equal((await decide(id, true, admin)).status, 404);
      const other = await aPerson(server);
      const elsewhere = await anOrganizationOf(server, other);
      const again = await anAccessRequest(plain);
      const foreign = await server.request('PUT', `/api/0/organizations/${elsewhere.slug}/access-requests/${again}/`, {
        token: other.token,
        body: { isApproved: true },
      });
      assert.equal(foreign.status, 404);
    });
  });
});
