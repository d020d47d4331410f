import assert from 'node:assert/strict';
import { assignableOrgRoles, type OrgRoleId, orgRoleIds, orgRoles } from '../../../protocol/src/index.ts';
import {
  addMember,
  anOrganizationOf,
  aPerson,
  nextNumber,
  type Person,
  type PersonOptions,
  type ProvisionedOrg,
  revisionOf,
} from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';

const denied = { detail: 'You do not have permission to perform this action.' };
const missing = { detail: 'The requested resource does not exist' };
const cannotSet = 'You do not have permission to set that org-level role';
const microseconds = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
const settings = { eventsMemberAdmin: true, alertsMemberWrite: true };
const noFlags = {
  'idp:provisioned': false,
  'idp:role-restricted': false,
  'sso:linked': false,
  'sso:invalid': false,
  'member-limit:restricted': false,
  'partnership:restricted': false,
};

describe('members over REST', () => {
  // The tables make some hundred requests in one test.

  let server: TestServer;
  let org: ProvisionedOrg;
  let owner: Person;

  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());

  beforeEach(async () => {
    owner = await aPerson(server);
    org = await anOrganizationOf(server, owner);
  });

  async function aMemberOf(orgRole: OrgRoleId, options?: PersonOptions): Promise<Person> {
    const person = await aPerson(server, options);
    await addMember(server, org, person, orgRole);
    return person;
  }

  const call = (method: string, path: string, by: Person | string = owner, body?: unknown) =>
    server.request(method, `/api/0/organizations/${org.slug}/${path}`, { token: typeof by === 'string' ? by : by.token, body });
  const list = (query: string, by: Person | string = owner) => call('GET', `members/?${query}`, by);
  const invite = (body: unknown, by: Person | string = owner) => call('POST', 'members/', by, body);
  const read = (id: string | null, by: Person | string = owner) => call('GET', `members/${id}/`, by);
  const update = (id: string | null, body: unknown, by: Person | string = owner) => call('PUT', `members/${id}/`, by, body);
  const remove = (id: string | null, by: Person | string = owner) => call('DELETE', `members/${id}/`, by);
  const change = (body: unknown) => call('PUT', '', owner, body);

  function anAddress(): string {
    return `invitee-${nextNumber()}@example.com`;
  }

  async function anInvite(body: Record<string, unknown> = {}, by: Person | string = owner): Promise<{ id: string; email: string }> {
    const { status, body: shape } = await invite({ email: anAddress(), ...body }, by);
    assert.equal(status, 201, JSON.stringify(shape));
    return shape;
  }

  async function aTeam(slug: string, ...people: Person[]): Promise<void> {
    assert.equal((await call('POST', 'teams/', owner, { slug })).status, 201);
    for (const { memberId } of people) assert.equal((await call('POST', `members/${memberId}/teams/${slug}/`)).status, 201);
  }

  async function orgToken(...scopes: string[]): Promise<string> {
    const { body } = await server.operate('POST', `/organizations/${org.id}/tokens/`, { name: `token ${nextNumber()}`, scopes });
    return body.token;
  }

  async function snapshot(): Promise<unknown> {
    const { body } = await server.operate('GET', `/organizations/${org.id}/state/?audience=owner`);
    return { revision: body.revision, records: body.records };
  }

  /** A rejection has a status and a body, and changes nothing. */
  async function assertRefused(act: () => Promise<{ status: number; body: unknown }>, status: number, body: unknown): Promise<void> {
    const before = await snapshot();
    const refused = await act();
    assert.deepEqual([refused.status, refused.body], [status, body]);
    assert.deepEqual(await snapshot(), before);
  }

  const readHash = (id: string) =>
    server.services.db.selectFrom('members').select('invite_token_hash').where('id', '=', id).executeTakeFirstOrThrow();

  const isManaging = (role: OrgRoleId) => orgRoles[role].scopes.includes('member:admin');

  describe('listing', () => {
    it('[6.2] [V15.3.1] shows every key of a member and of an invite', async () => {
      const invited = await anInvite({ orgRole: 'manager' });
      const { status, body } = await list('');
      assert.equal(status, 200);
      assert.equal(body.length, 2);
      const { dateCreated, name, inviterName, user, ...member } = body[0];
      assert.match(dateCreated, microseconds);
      assert.match(user.dateJoined, microseconds);
      assert.deepEqual(
        { ...user, dateJoined: null },
        {
          id: owner.userId,
          name,
          username: owner.email,
          email: owner.email,
          avatarUrl: null,
          isActive: true,
          isManaged: false,
          hasPasswordAuth: false,
          dateJoined: null,
          lastLogin: null,
          has2fa: false,
          lastActive: null,
          isSuperuser: false,
          isStaff: false,
          isSuspended: false,
          experiments: {},
          avatar: { avatarType: 'letter_avatar', avatarUuid: null, avatarUrl: null },
        },
      );
      assert.equal(inviterName, null);
      const common = { expired: false, flags: noFlags, inviteStatus: 'approved' };
      const asOwner = { orgRole: 'owner', role: 'owner', roleName: 'Owner' };
      assert.deepEqual(member, { id: owner.memberId, email: owner.email, ...asOwner, pending: false, ...common });

      const { dateCreated: invitedAt, ...pending } = body[1];
      assert.match(invitedAt, microseconds);
      const { id, email } = invited;
      const asManager = { orgRole: 'manager', role: 'manager', roleName: 'Manager' };
      assert.deepEqual(pending, { id, email, name: email, user: null, ...asManager, pending: true, ...common, inviterName: name });
    });

    it('[6.2] finds members by each supported key, and none by other keys', async () => {
      const plain = await aMemberOf('member', { hasSecondFactor: true });
      const manager = await aMemberOf('manager');
      const { id: invited, email } = await anInvite();
      const [boss, one, two] = [owner.memberId, plain.memberId, manager.memberId];
      for (const [query, found] of [
        ['', [boss, one, two, invited]],
        [plain.email.toUpperCase().slice(0, -4), [one]],
        [email.slice(0, 10), [invited]],
        [`email:${plain.email.toUpperCase()}`, [one]],
        [`email:${email}`, [invited]],
        [`email:${plain.email} email:${email}`, [one, invited]],
        [`email:${plain.email.slice(1)}`, []],
        [`id:${two}`, [two]],
        ['id:x', []],
        [`user.id:${manager.userId}`, [two]],
        ['role:manager', [two]],
        ['role:manager role:owner', [boss, two]],
        ['role:manager isInvited:true', []],
        ['scope:"org:admin"', [boss]],
        ['scope:"member:admin" scope:"org:admin"', [boss, two]],
        ['scope:nothing', []],
        ['isInvited:true', [invited]],
        ['isInvited:false', [boss, one, two]],
        ['ssoLinked:true', []],
        ['ssoLinked:false', [boss, one, two, invited]],
        ['has2fa:true', [one]],
        ['has2fa:false', [boss, two]],
        [`id:${two} id:x`, [two]],
        ['user.id:undefined', []],
        [`"${email}"`, [invited]],
        ['isInvited:no', [boss, one, two]],
        ['hasExternalUsers:true', []],
        ['hasExternalUsers:false', [boss, one, two, invited]],
        ['colour:red', []],
        ['%', []],
        ['nul\u0000', []],
      ] as const) {
        const { status, body } = await list(`query=${encodeURIComponent(query)}`);
        assert.equal(status, 200, query);
        assert.deepEqual(
          body.map(({ id }: { id: string }) => id),
          found,
          query,
        );
      }
    });

    it('[6.2] omits deactivated users and requests, even for a query with their address', async () => {
      const left = await aMemberOf('member');
      await server.operate('PUT', `/users/${left.userId}/`, { isActive: false });
      const { id, email } = await anInvite();
      await server.services.db.updateTable('members').set({ invite_status: 'requested_to_join' }).where('id', '=', id).execute();
      assert.equal((await list('')).body.length, 1);
      for (const address of [left.email, email]) assert.deepEqual((await list(`query=email:${address}`)).body, []);
      assert.deepEqual((await read(id)).body, missing);
    });

    it('[1.2] returns pages by offset', async () => {
      for (let count = 0; count < 3; count++) await anInvite();
      const first = await list('per_page=3&query=');
      assert.equal(first.body.length, 3);
      const url = `${server.url}/api/0/organizations/${org.slug}/members/?per_page=3&query=`;
      assert.equal(
        first.headers.get('link'),
        `<${url}&cursor=3:-1:1>; rel="previous"; results="false"; cursor="3:-1:1", <${url}&cursor=3:1:0>; rel="next"; results="true"; cursor="3:1:0"`,
      );
      assert.equal((await list('per_page=3&cursor=3:1:0')).body.length, 1);
    });

    it('[6.2] adds external users on request', async () => {
      assert.deepEqual((await list('expand=externalUsers')).body[0].externalUsers, []);
    });

    it('[3.1] fails for outsiders and for tokens that may not read members', async () => {
      for (const caller of [await aPerson(server), await aMemberOf('owner', { scopes: ['org:read'] })]) {
        assert.deepEqual(await list('', caller).then(({ status, body }) => [status, body]), [403, denied]);
      }
    });
  });

  describe('inviting', () => {
    it('[6.3] returns the base shape and creates one revision', async () => {
      const email = anAddress();
      const answer = await invite({ email, role: 'manager', sendInvite: false, unknown: 1 });
      assert.equal(answer.status, 201);
      const { id, dateCreated, inviterName, ...rest } = answer.body;
      assert.ok(id && dateCreated && inviterName);
      assert.deepEqual(rest, {
        email,
        name: email,
        user: null,
        orgRole: 'manager',
        role: 'manager',
        roleName: 'Manager',
        pending: true,
        expired: false,
        flags: noFlags,
        inviteStatus: 'approved',
      });
      assert.equal(revisionOf(await invite({ email: anAddress() })), revisionOf(answer) + 1);
    });

    it('[S-02] [S-10] keeps a hash of the token and shows the token nowhere', async () => {
      const { id } = await anInvite();
      const { invite_token_hash: hash } = await readHash(id);
      assert.match(hash!, /^[0-9a-f]{64}$/);
      const shown = JSON.stringify([(await list('')).body, (await read(id)).body, await snapshot()]);
      assert.equal(shown.includes(hash!), false);
      assert.equal(/token/i.test(shown), false);
    });

    it('[6.3] gives a plain invite the role member, for any default role', async () => {
      await change({ defaultRole: 'manager' });
      assert.equal((await invite({ email: anAddress() })).body.orgRole, 'member');
    });

    it('[S-05] depends on the roles of inviter and invitee, and on whether members may invite', async () => {
      for (const allowMemberInvite of [true, false]) {
        await change({ allowMemberInvite });
        for (const actorRole of orgRoleIds) {
          const caller = await aMemberOf(actorRole);
          for (const invited of orgRoleIds) {
            const { status, body } = await invite({ email: anAddress(), orgRole: invited }, caller);
            const isAssignable = assignableOrgRoles(actorRole, settings).includes(invited);
            const expected = !allowMemberInvite && !isManaging(actorRole) ? 403 : isAssignable ? 201 : 400;
            assert.equal(status, expected, `${actorRole} invites ${invited}`);
            if (status === 400) assert.deepEqual(body, { orgRole: [cannotSet] });
          }
        }
      }
    });

    for (const [sent, body] of [
      [{}, { email: ['This field is required.'] }],
      [{ email: 'nobody' }, { email: ['Enter a valid email address.'] }],
      [{ email: `${'a'.repeat(64)}@example.com` }, { email: ['Ensure this field has no more than 75 characters.'] }],
      [{ email: '12345@qq.com' }, { email: ['Enter a valid email address.'] }],
      [{ email: 'new@example.com', orgRole: 'x' }, { orgRole: ['"x" is not a valid choice.'] }],
      [{ email: 'new@example.com', role: 'billing' }, { role: ['"billing" is not a valid choice.'] }],
      [{ email: 'new@example.com', orgRole: 'billing' }, { orgRole: [cannotSet] }],
      [{ email: 'new@example.com', orgRole: null }, { orgRole: ['This field may not be null.'] }],
      [{ email: 'new@example.com', teams: ['nowhere'] }, { teams: ['Invalid teams'] }],
      [{ email: 'new@example.com', teams: ['ops', 'ops'] }, { teams: ['Invalid teams'] }],
      [{ email: 'new@example.com', teams: 'ops' }, { teams: ['Expected a list of items but got type "str".'] }],
      [{ email: 'new@example.com', teamRoles: [{ teamSlug: 'ops', role: 'x' }] }, { teamRoles: ['Invalid team-role'] }],
      [{ email: 'new@example.com', teamRoles: [{ role: null }] }, { teamRoles: ['Invalid teams'] }],
      [{ email: 'new@example.com', teamRoles: [{ teamSlug: 'ops' }] }, { teamRoles: ['Invalid team-role'] }],
      [
        { email: 'nobody', orgRole: 'x', teams: ['nowhere'] },
        { email: ['Enter a valid email address.'], orgRole: ['"x" is not a valid choice.'], teams: ['Invalid teams'] },
      ],
    ] as const) {
      it(`[6.3] [S-09] rejects ${JSON.stringify(sent).slice(0, 70)}`, async () => {
        await aTeam('ops');
        await assertRefused(() => invite(sent), 400, body);
      });
    }

    it('[6.3] rejects members and invited addresses in any case, but not those of another organization', async () => {
      const upper = owner.email.toUpperCase();
      await assertRefused(() => invite({ email: upper }), 400, { email: [`The user ${upper} is already a member`] });
      const { email } = await anInvite();
      await assertRefused(() => invite({ email }), 400, { email: [`The user ${email} has already been invited`] });
      const stranger = await aPerson(server);
      await anOrganizationOf(server, stranger);
      assert.equal((await invite({ email: stranger.email })).status, 201);
    });

    it('[6.3] replaces a request for the same address', async () => {
      const { id, email } = await anInvite();
      await server.services.db.updateTable('members').set({ invite_status: 'requested_to_be_invited' }).where('id', '=', id).execute();
      const { status, body } = await invite({ email });
      assert.equal(status, 201);
      assert.notEqual(body.id, id);
      assert.deepEqual(
        (await list('query=isInvited:true')).body.map((row: { id: string }) => row.id),
        [body.id],
      );
    });

    it('[6.3] adds the invite to teams, without a team role', async () => {
      await aTeam('ops');
      await aTeam('web');
      const { id } = await anInvite({
        teamRoles: [
          { teamSlug: 'web', role: 'admin' },
          { teamSlug: 'ops', role: null },
        ],
      });
      const { teams, teamRoles } = (await read(id)).body;
      assert.deepEqual(teams, ['ops', 'web']);
      assert.deepEqual(teamRoles, [
        { teamSlug: 'ops', role: null },
        { teamSlug: 'web', role: null },
      ]);
    });

    it('[6.3] adds members only to the caller’s own teams without open membership', async () => {
      const plain = await aMemberOf('member');
      await aTeam('ops', plain);
      await aTeam('web');
      await change({ openMembership: false });
      const refusal = { detail: 'You cannot assign members to teams you are not a member of.' };
      await assertRefused(() => invite({ email: anAddress(), teams: ['ops', 'web'] }, plain), 400, refusal);
      assert.equal((await invite({ email: anAddress(), teams: ['ops'] }, plain)).status, 201);
      assert.equal((await invite({ email: anAddress(), teams: ['ops', 'web'] })).status, 201);
    });

    it('[S-05] an organization token can invite with the role member only, and names no inviter', async () => {
      const token = await orgToken('member:admin');
      const text = 'Integration tokens are restricted to inviting new members with the member role only.';
      await assertRefused(() => invite({ email: anAddress(), orgRole: 'owner' }, token), 400, [text]);
      assert.equal((await invite({ email: anAddress() }, token)).body.inviterName, null);
    });
  });

  describe('details', () => {
    it('[6.4] add teams, roles and whether a member is the only owner', async () => {
      const plain = await aMemberOf('member', { hasSecondFactor: true });
      await aTeam('ops', plain);
      const { body } = await read(plain.memberId);
      assert.deepEqual([body.teams, body.teamRoles, body.isOnlyOwner], [['ops'], [{ teamSlug: 'ops', role: null }], false]);
      assert.deepEqual(body.roles, body.orgRoleList);
      assert.deepEqual(
        body.orgRoleList.map(({ id, isAllowed, allowed }: Record<string, unknown>) => [id, isAllowed, allowed]),
        orgRoleIds.map((id) => [id, true, true]),
      );
      assert.equal('invite_link' in body, false);
      assert.deepEqual(
        body.user.authenticators.map(({ type }: { type: string }) => type),
        ['totp'],
      );
      assert.equal(/secret/.test(JSON.stringify(body)), false);
      assert.equal((await read('me')).body.isOnlyOwner, true);
      await aMemberOf('owner');
      assert.equal((await read('me')).body.isOnlyOwner, false);
    });

    it('[6.4] [4.4] have exactly the keys of the contract', async () => {
      const manager = await aMemberOf('manager');
      const { body } = await read(owner.memberId, manager);
      const base = 'dateCreated email expired flags id inviteStatus inviterName name orgRole pending role roleName user';
      const keysOf = (shape: object) => Object.keys(shape).toSorted();
      const added = ['isOnlyOwner', 'orgRoleList', 'roles', 'teamRoleList', 'teamRoles', 'teams'];
      assert.deepEqual(keysOf(body), [...base.split(' '), ...added].toSorted());
      assert.deepEqual([body.user.authenticators, body.user.canReset2fa, 'emails' in body.user], [[], false, false]);
      const roles = body.orgRoleList.map(({ desc, scopes, ...role }: { desc: string; scopes: string[] }) => [role, scopes.length]);
      const org = (id: OrgRoleId, name: string, isGlobal: boolean, minimumTeamRole: string, isAllowed: boolean, scopes: number) => [
        {
          id,
          name,
          allowed: isAllowed,
          isAllowed,
          isRetired: false,
          isTeamRolesAllowed: true,
          is_global: isGlobal,
          isGlobal,
          minimumTeamRole,
        },
        scopes,
      ];
      assert.deepEqual(roles, [
        org('member', 'Member', false, 'contributor', true, 11),
        org('admin', 'Admin', false, 'admin', true, 16),
        org('manager', 'Manager', true, 'admin', true, 19),
        org('owner', 'Owner', true, 'admin', false, 20),
      ]);
      const teamRoles = body.teamRoleList.map(({ desc, scopes, ...role }: { desc: string; scopes: string[] }) => [role, scopes.length]);
      const team = (id: string, name: string, isMinimumRoleFor: string | null, scopes: number) => [
        { id, name, allowed: true, isAllowed: true, isRetired: false, isTeamRolesAllowed: true, isMinimumRoleFor },
        scopes,
      ];
      assert.deepEqual(teamRoles, [team('contributor', 'Contributor', null, 8), team('admin', 'Team Admin', 'admin', 15)]);
    });

    it('[6.4] show a caller who may assign no role less of the user', async () => {
      const plain = await aMemberOf('member');
      const { id } = await anInvite();
      const { body } = await read(owner.memberId, plain);
      assert.equal('authenticators' in body.user, false);
      assert.deepEqual(
        body.orgRoleList.map(({ isAllowed }: { isAllowed: boolean }) => isAllowed),
        [false, false, false, false],
      );
      assert.equal((await read(id, plain)).body.user, null);
      assert.deepEqual((await read(id)).body.user, {});
    });

    it('[6.1] [S-03] return 404 for other ids, for other organizations, and for a token without a user', async () => {
      const stranger = await aPerson(server);
      await anOrganizationOf(server, stranger);
      const token = await orgToken('member:admin');
      for (const [id, by] of [
        ['x', owner],
        ['9'.repeat(18), owner],
        ['9'.repeat(30), owner],
        [stranger.memberId, owner],
        ['me', token],
        [owner.memberId, token],
      ] as const) {
        for (const act of [read(id, by), update(id, {}, by), remove(id, by)]) {
          assert.deepEqual(await act.then(({ status, body }) => [status, body]), [404, missing], String(id));
        }
      }
    });
  });

  describe('changing', () => {
    it('[S-04] [S-06] depends on the caller’s role, the old role and the new role', async () => {
      for (const actorRole of orgRoleIds) {
        const caller = await aMemberOf(actorRole);
        const assignable = isManaging(actorRole) ? assignableOrgRoles(actorRole, settings) : [];
        for (const oldRole of orgRoleIds) {
          for (const newRole of orgRoleIds.filter((role) => role !== oldRole)) {
            const target = await anInvite({ orgRole: oldRole });
            const before = await snapshot();
            const { status, body } = await update(target.id, { orgRole: newRole }, caller);
            const cell = `${actorRole} makes ${oldRole} ${newRole}`;
            if (!assignable.includes(newRole)) {
              assert.deepEqual([status, body], [400, { orgRole: [cannotSet] }], cell);
            } else if (!assignable.includes(oldRole)) {
              const text = 'You do not have permission to assign a role to the given user.';
              assert.deepEqual([status, body], [403, { role: text }], cell);
            } else {
              assert.deepEqual([status, body.orgRole], [200, newRole], cell);
              continue;
            }
            assert.deepEqual(await snapshot(), before, cell);
          }
        }
      }
    });

    it('[6.5] returns details, with one revision for role and teams', async () => {
      const plain = await aMemberOf('member');
      await aTeam('ops', plain);
      await aTeam('web');
      await call('PUT', `members/${plain.memberId}/teams/ops/`, owner, { teamRole: 'admin' });
      const before = ((await snapshot()) as { revision: number }).revision;
      const teamRoles = [
        { teamSlug: 'ops', role: 'admin' },
        { teamSlug: 'web', role: null },
      ];
      const answer = await update(plain.memberId, { orgRole: 'manager', teamRoles });
      assert.equal(answer.status, 200);
      assert.equal(revisionOf(answer), before + 1);
      assert.deepEqual([answer.body.orgRole, answer.body.teams], ['manager', ['ops', 'web']]);
      assert.deepEqual(answer.body.teamRoles, [
        { teamSlug: 'ops', role: null },
        { teamSlug: 'web', role: null },
      ]);
      assert.deepEqual((await read(plain.memberId)).body, answer.body);
    });

    it('[17.1] keeps teams that are absent from the body and clears them on an empty list', async () => {
      const plain = await aMemberOf('member');
      await aTeam('ops', plain);
      const kept = await update(plain.memberId, { orgRole: 'member' });
      assert.deepEqual(kept.body.teams, ['ops']);
      assert.deepEqual((await update(plain.memberId, { teamRoles: [] })).body.teams, []);
    });

    it('[17.2] [S-09] [V2.2.3] changes no teams if the role is rejected, and no role if a team is rejected', async () => {
      const manager = await aMemberOf('manager');
      await aTeam('ops');
      const refusal = { role: 'You do not have permission to assign a role to the given user.' };
      const both = { orgRole: 'member', teamRoles: [{ teamSlug: 'ops', role: null }] };
      await assertRefused(() => update(owner.memberId, both, manager), 403, refusal);
      const unknown = { orgRole: 'member', teamRoles: [{ teamSlug: 'nowhere', role: null }] };
      await assertRefused(() => update(manager.memberId, unknown), 400, { teamRoles: ['Invalid teams'] });
    });

    it('[6.5] rejects a change of the caller’s own role', async () => {
      await aMemberOf('owner');
      await assertRefused(() => update('me', { orgRole: 'member' }), 400, { detail: 'You cannot make changes to your own role.' });
    });

    it('[6.5] permits members only to resend their own invites', async () => {
      const plain = await aMemberOf('member');
      const own = await anInvite({}, plain);
      const foreign = await anInvite();
      assert.equal((await update(own.id, { reinvite: true }, plain)).status, 200);
      const someoneElses = { detail: 'You cannot modify invitations sent by someone else.' };
      await assertRefused(() => update(foreign.id, { reinvite: true }, plain), 403, someoneElses);
      const missingScope = { detail: 'You are missing the member:admin scope.' };
      await assertRefused(() => update(own.id, { reinvite: true, regenerate: true }, plain), 400, missingScope);
      await assertRefused(() => update(own.id, { teams: [] }, plain), 403, denied);
      await assertRefused(() => update(owner.memberId, {}, plain), 403, denied);
      await change({ allowMemberInvite: false });
      await assertRefused(() => update(own.id, { reinvite: true }, plain), 403, denied);
    });

    it('[6.5] resends an invite with its token or with a new one', async () => {
      const { id } = await anInvite();
      const first = await readHash(id);
      assert.equal((await update(id, { reinvite: true })).status, 200);
      assert.deepEqual(await readHash(id), first);
      assert.equal((await update(id, { reinvite: true, regenerate: true })).status, 200);
      assert.notDeepEqual(await readHash(id), first);
      const expired = { detail: 'You cannot resend an expired invitation without regenerating the token.' };
      const past = { invite_expires_at: '2020-01-01T00:00:00.000000Z' };
      await server.services.db.updateTable('members').set(past).where('id', '=', id).execute();
      assert.equal((await read(id)).body.expired, true);
      await assertRefused(() => update(id, { reinvite: true }), 400, expired);
      const renewed = await update(id, { reinvite: true, regenerate: true });
      assert.deepEqual([renewed.status, renewed.body.expired], [200, false]);
      const separate = { detail: 'You cannot modify member details when resending an invitation. Separate requests are required.' };
      await assertRefused(() => update(id, { reinvite: true, orgRole: 'member' }), 403, separate);
      const full = { detail: 'You cannot send an invitation to a user who is already a full member.' };
      await assertRefused(() => update(owner.memberId, { reinvite: true }), 400, full);
    });
  });

  describe('removing', () => {
    const missingScope = { detail: 'You are missing the member:admin scope.' };
    const outranked = { detail: 'You cannot remove a member who has more access than you.' };
    const lastOne = { detail: 'You cannot remove the only remaining owner or manager of the organization.' };

    it('[S-04] depends on the roles of the caller and the member', async () => {
      for (const actorRole of orgRoleIds) {
        const caller = await aMemberOf(actorRole);
        for (const targetRole of orgRoleIds) {
          const target = await aMemberOf(targetRole);
          const before = await snapshot();
          const { status, body } = await remove(target.memberId, caller);
          const cell = `${actorRole} removes ${targetRole}`;
          if (isManaging(actorRole) && orgRoles[actorRole].priority >= orgRoles[targetRole].priority) {
            assert.deepEqual([status, body], [204, ''], cell);
            assert.equal((await read(target.memberId)).status, 404, cell);
            assert.deepEqual((await call('GET', '', target)).body, denied, cell);
          } else {
            assert.deepEqual([status, body], [400, isManaging(actorRole) ? outranked : missingScope], cell);
            assert.deepEqual(await snapshot(), before, cell);
          }
        }
      }
    });

    it('[6.6] removes team memberships and sent invites too, in one revision', async () => {
      const plain = await aMemberOf('member');
      await aTeam('ops', plain);
      const { id } = await anInvite({ teams: ['ops'] }, plain);
      const other = await anInvite();
      const before = ((await snapshot()) as { revision: number }).revision;
      const answer = await remove('me', plain);
      assert.deepEqual([answer.status, revisionOf(answer)], [204, before + 1]);
      assert.deepEqual(await Promise.all([plain.memberId, id, other.id].map(async (one) => (await read(one)).status)), [404, 404, 200]);
      assert.equal((await call('GET', 'teams/')).body[0].memberCount, 1, 'a team has members other than its creator');
    });

    it('[6.6] permits members to withdraw only their own invites', async () => {
      const plain = await aMemberOf('member');
      const own = await anInvite({}, plain);
      const foreign = await anInvite();
      const someoneElses = { detail: 'You cannot modify invitations sent by someone else.' };
      await assertRefused(() => remove(foreign.id, plain), 400, someoneElses);
      await change({ allowMemberInvite: false });
      await assertRefused(() => remove(own.id, plain), 400, missingScope);
      await change({ allowMemberInvite: true });
      assert.equal((await remove(own.id, plain)).status, 204);
    });

    it('[6.6] keeps the last owner or manager; invites and deactivated users do not count', async () => {
      await anInvite({ orgRole: 'owner' });
      const disabled = await aMemberOf('owner');
      await server.operate('PUT', `/users/${disabled.userId}/`, { isActive: false });
      await assertRefused(() => remove('me'), 403, lastOne);
      const manager = await aMemberOf('manager');
      assert.equal((await remove('me')).status, 204);
      const refused = await remove('me', manager);
      assert.deepEqual([refused.status, refused.body], [403, lastOne]);
    });

    it('[S-07] respects the scopes of a token, for a token of any user', async () => {
      const target = await aMemberOf('member');
      const reader = await aMemberOf('owner', { scopes: ['member:read'] });
      await assertRefused(() => remove(target.memberId, reader), 400, missingScope);
      await assertRefused(() => update(target.memberId, { orgRole: 'owner' }, reader), 403, denied);
      assert.equal((await remove('me', reader)).status, 204, 'leaving requires no other scope');
    });

    it('[S-08] leaves one owner if owners leave and remove each other concurrently', async () => {
      for (let round = 0; round < 40; round++) {
        const first = await aPerson(server);
        org = await anOrganizationOf(server, first);
        const second = await aPerson(server);
        await addMember(server, org, second, 'owner');
        const attempts = [
          () => [remove('me', first), remove('me', second)],
          () => [remove(second.memberId, first), remove(first.memberId, second)],
          () => [remove('me', first), remove(first.memberId, second)],
          () => [remove('me', first), update(first.memberId, { orgRole: 'member' }, second)],
          () => [update(second.memberId, { orgRole: 'member' }, first), update(first.memberId, { orgRole: 'member' }, second)],
        ];
        await Promise.all(attempts[round % attempts.length]!());
        const left = await server.operate('GET', `/organizations/${org.id}/state/?audience=owner`);
        const records: { kind: string; record: { orgRole?: string } }[] = left.body.records;
        const owners = records.filter(({ kind, record }) => kind === 'member' && record.orgRole === 'owner');
        assert.ok(owners.length > 0, `round ${round}`);
      }
    });
  });

  for (const [members, text] of [
    [null, 'This field may not be null.'],
    ['5', 'Expected a list of items but got type "str".'],
    [['x'], 'A valid integer is required.'],
  ] as const) {
    it(`[1] the ids to reinstate are refused like those of every other list: ${JSON.stringify(members)}`, async () => {
      const { status, body } = await call('POST', 'reinstate-members/', owner, { members });
      assert.deepEqual([status, body], [400, { members: [text] }]);
    });
  }
});

describe('members of a server with retired roles', () => {
  it('[17.20] cannot get one by invite or promotion, and can leave it', async () => {
    const server = await startServer({ RETIRED_ROLES: 'admin' });
    try {
      const owner = await aPerson(server);
      const org = await anOrganizationOf(server, owner);
      const target = await aPerson(server);
      await addMember(server, org, target, 'member');
      const call = (method: string, path: string, body?: unknown) =>
        server.request(method, `/api/0/organizations/${org.slug}/members/${path}`, { token: owner.token, body });
      const text = "The role 'admin' is deprecated and may no longer be assigned.";
      assert.deepEqual((await call('POST', '', { email: 'new@example.com', role: 'admin' })).body, { role: [text] });
      const refused = await call('PUT', `${target.memberId}/`, { orgRole: 'admin' });
      assert.deepEqual([refused.status, refused.body], [400, { detail: text }]);
      await server.services.db.updateTable('members').set({ role: 'admin' }).where('id', '=', target.memberId!).execute();
      const { orgRoleList } = (await call('GET', `${target.memberId}/`)).body;
      assert.deepEqual(
        orgRoleList.filter(({ isRetired }: { isRetired: boolean }) => isRetired).map(({ id }: { id: string }) => id),
        ['admin'],
      );
      assert.equal((await call('PUT', `${target.memberId}/`, { orgRole: 'manager' })).status, 200);
    } finally {
      await server.stop();
    }
  });
});
