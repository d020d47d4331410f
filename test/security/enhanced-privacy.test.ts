import assert from 'node:assert/strict';
import { type MemberRecord, type OrgRoleId, orgRoleIds, type Scope } from '../../protocol/src/index.ts';
import { routes } from '../../server/src/http/routes.ts';
import { eventually } from '../support/eventually.ts';
import { anAccount, logIn } from '../support/log-in.ts';
import { addMember, aPerson, nextNumber } from '../support/provision.ts';
import { type RequestOptions, startServer, type TestServer } from '../support/server.ts';
import { type WireCredential, WireReplica } from '../support/wire-replica.ts';
import { anOwnerAccount, aWholeOrganization, type OwnerAccount, type WholeOrganization } from './whole-organization.ts';
import { fillIn, namesOf, parametersOf } from './writing-routes.ts';

/** A caller, and whether they may see the addresses of others. */
interface Reader {
  readonly name: string;
  readonly credential: RequestOptions;
  readonly wire: WireCredential | null;
  readonly userId: string | null;
  /** The caller's own addresses. */
  readonly own: readonly string[];
  readonly seesAddresses: boolean;
}

const comparedFields = ['id', 'email', 'name', 'inviterName', 'orgRole', 'pending', 'user'] as const;

const withoutMemberWrite: readonly Scope[] = [
  'org:admin',
  'org:write',
  'org:read',
  'member:read',
  'member:invite',
  'team:admin',
  'project:admin',
];

describe('[H-16] enhanced privacy', function () {
  this.timeout(120_000);
  let server: TestServer;
  let owner: OwnerAccount;
  let org: WholeOrganization;
  let readers: Reader[];
  /** Addresses of all people: users, their secondary addresses, invites and requests. */
  const addresses: string[] = [];
  let secondary: string;

  before(async () => {
    server = await startServer();
    owner = await anOwnerAccount(server);
    org = await aWholeOrganization(server, owner);
    const { db } = server.services;
    // A user without a name is shown by address.
    for (const { userId } of Object.values(org.people)) await server.operate('PUT', `/users/${userId}/`, { name: '' });
    secondary = `second-${nextNumber()}@example.net`;
    await db.insertInto('user_emails').values({ user_id: org.people.manager.userId, email: secondary, is_verified: true }).execute();
    const account = await anAccount(server);
    const added = await server.operate('POST', `/organizations/${org.id}/members/`, {
      userId: account.id,
      orgRole: 'member',
      teams: [org.team.slug],
    });
    assert.equal(added.status, 201);
    const stranger = await aPerson(server);

    const call = async (method: string, path: string, body: unknown, token = owner.token) => {
      const answer = await server.request(method, `/api/0/organizations/${org.slug}${path}`, { token, body });
      assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
      return answer.body;
    };
    await call('PUT', '/', { enhancedPrivacy: true, allowMemberProjectCreation: true });
    await call('POST', '/projects/', { name: 'Rocket' }, org.people.admin.token);
    await call('PUT', `/members/${org.people.member.memberId}/`, { teamRoles: [{ teamSlug: org.team.slug, role: 'admin' }] });
    await call('POST', '/members/', { email: `by-member-${nextNumber()}@example.com` }, org.people.member.token);
    await server.request('POST', `/api/0/organizations/${org.slug}/join-request/`, {
      body: { email: `visitor-${nextNumber()}@example.com` },
    });

    const tokenOf = async (role: OrgRoleId, scopes: readonly Scope[]) =>
      (await server.operate('POST', `/users/${org.people[role].userId}/tokens/`, { scopes })).body.token as string;
    const orgTokenOf = async (scopes: readonly Scope[]) =>
      (await server.operate('POST', `/organizations/${org.id}/tokens/`, { name: 'back end', scopes })).body.token as string;
    const ownOf = ({ userId, email }: { userId: string; email: string }) =>
      userId === org.people.manager.userId ? [email, secondary] : [email];
    const byToken = (name: string, token: string, person: { userId: string; email: string } | null, seesAddresses: boolean): Reader => {
      return { name, credential: { token }, wire: token, userId: person?.userId ?? null, own: person ? ownOf(person) : [], seesAddresses };
    };
    const cookie = await logIn(server, account);
    const service = (await server.operate('POST', '/service-tokens/', { name: 'back end' })).body.token as string;
    readers = [
      byToken('service', service, null, true),
      ...(['member', 'admin', 'manager', 'owner'] as const).map((role) =>
        byToken(role, org.people[role].token, org.people[role], role === 'manager'),
      ),
      byToken('manager without member:write', await tokenOf('manager', withoutMemberWrite), org.people.manager, false),
      byToken('owner without member:write', await tokenOf('owner', withoutMemberWrite), org.people.owner, false),
      byToken('organization token', await orgTokenOf(withoutMemberWrite), null, false),
      byToken('organization token with member:write', await orgTokenOf(['org:read', 'member:write']), null, true),
      byToken('stranger', stranger.token, stranger, false),
      {
        ...{ name: 'session of a member', credential: { cookie }, wire: null, userId: account.id },
        ...{ own: [account.email], seesAddresses: false },
      },
    ].map((one) => (one.name === 'owner' ? { ...one, seesAddresses: true } : one));

    const rows = await db.selectFrom('user_emails').select('email').execute();
    const pending = await db.selectFrom('members').select('email').where('email', 'is not', null).execute();
    addresses.push(...rows.map(({ email }) => email), ...pending.map(({ email }) => email!));
  });
  after(() => server?.stop());

  const hidden = () => readers.filter(({ seesAddresses }) => !seesAddresses);

  function assertNoAddress(text: string, { own }: Reader, where: string): void {
    const shown = [...new Set(addresses)].filter((address) => !own.includes(address) && text.toLowerCase().includes(address.toLowerCase()));
    assert.deepEqual(shown, [], where);
  }

  /**
   * Calls of a GET route, with each member that its path can name and with the queries that lists
   * take.
   */
  function* callsOf(path: string): Generator<string> {
    let paths = [path];
    for (const name of parametersOf(path)) {
      const values = name === 'member' && !path.startsWith('/accept') ? membersNamed(path) : namesOf(org, path, name).slice(0, 1);
      paths = paths.flatMap((one) => values.map((value) => one.replace(`:${name}`, value)));
    }
    for (const one of paths) {
      yield fillIn(one, {});
      if (one.endsWith('s/'))
        for (const query of ['?detailed=1&expand=externalUsers', '?query=e&per_page=100']) yield fillIn(one, {}) + query;
    }
  }

  function membersNamed(path: string): readonly string[] {
    if (path.includes('/invite-requests/')) return [org.inviteRequestId];
    return ['me', ...Object.values(org.people).map(({ memberId }) => memberId!), org.invite.id];
  }

  it('[H-16] [V8.2.3] no GET route shows the address of another person to a caller who may not see addresses', async () => {
    let shown = 0;
    for (const { method, path, callers } of routes) {
      if (method !== 'GET') continue;
      for (const reader of hidden()) {
        if (callers === 'session' && !reader.credential.cookie) continue;
        for (const url of callsOf(path)) {
          const { status, headers, body } = await server.request('GET', url, reader.credential);
          if (status === 200) shown++;
          assertNoAddress(`${JSON.stringify(body)} ${JSON.stringify([...headers])}`, reader, `${reader.name}: GET ${url}`);
        }
      }
    }
    assert.ok(shown > 200, `only ${shown} calls had a response with content`);
  });

  it('[H-16] a search for an address, or a part of it, has the same result as one for random text', async () => {
    const on = `/api/0/organizations/${org.slug}`;
    const invited = await server.services.db.selectFrom('members').select('email').where('email', 'is not', null).execute();
    const sought = [secondary, org.people.admin.email, org.people.owner.email, ...invited.slice(0, 2).map(({ email }) => email!)];
    for (const reader of hidden().filter(({ name }) => name !== 'admin')) {
      const found = async (url: string) => {
        const { status, body } = await server.request('GET', url, reader.credential);
        return [status, body];
      };
      const nonsense = new Map<string, unknown>();
      for (const base of ['/api/0/organizations/', `${on}/members/`]) nonsense.set(base, await found(`${base}?query=zzzzzzzzz`));
      for (const address of sought) {
        for (const [base, query] of [
          ['/api/0/organizations/', `email:${address}`],
          ['/api/0/organizations/', address],
          [`${on}/members/`, `email:${address}`],
          [`${on}/members/`, address],
          [`${on}/members/`, address.slice(0, 9)],
        ] as const) {
          assert.deepEqual(
            await found(`${base}?query=${encodeURIComponent(query)}`),
            nonsense.get(base),
            `${reader.name}: ${base}?query=${query}`,
          );
        }
        const { status, body } = await server.request('GET', `${on}/can/?scope=org:read&email=${address}`, reader.credential);
        if (status === 200) assert.equal(body.allowed, false, `${reader.name}: can ${address}`);
      }
    }
    const managed = await server.request('GET', `/api/0/organizations/?query=email:${org.people.admin.email}`, { token: owner.token });
    assert.equal(managed.body.length, 1, 'users who manage members may search by address');
  });

  it('[H-16] no frame of a socket shows an address, and REST, socket and search show the same of each record', async () => {
    for (const reader of readers) {
      if (!reader.wire || reader.name === 'stranger') continue;
      const replica = await WireReplica.open(server.url, reader.wire, org.slug);
      const read = async (path: string) => {
        const { status, body } = await server.request('GET', `/api/0/organizations/${org.slug}${path}`, reader.credential);
        return status === 200 ? body : [];
      };
      const shownOf = ({ id, email, name, inviterName, orgRole, pending, user }: Pick<MemberRecord, (typeof comparedFields)[number]>) => ({
        ...{ id, email, name, inviterName, orgRole, pending },
        // Where REST shows the name of a user without one, it shows the address.
        user: user && { id: user.id, email: user.email, username: user.username, name: user.name || (user.email ?? '') },
      });
      const listed = await read('/members/');
      assert.ok(listed.length >= 6, reader.name);
      for (const row of [...listed, ...(await read('/invite-requests/'))]) {
        const record = replica.state.get('member', row.id) as unknown as MemberRecord | null;
        assert.ok(record, `${reader.name}: member ${row.id} is in the list only`);
        if (row.user === null || row.user.id !== reader.userId) assert.deepEqual(shownOf(row), shownOf(record), reader.name);
        if (row.inviteStatus === 'approved') assert.deepEqual(await read(`/members/?query=id:${row.id}`), [row], `${reader.name}: search`);
      }
      const rows = (await read('/audit-logs/?per_page=100')).rows ?? [];
      const entries = rows.filter(({ id }: { id: string }) => replica.state.get('audit-entry', id));
      if (rows.length > 0) assert.ok(entries.length > 5, `${reader.name}: no audit entries to compare`);
      for (const { id, note, data } of entries) {
        const record = replica.state.get('audit-entry', id) as unknown as { note: string; data: Record<string, string> };
        assert.equal(note, record.note, reader.name);
        for (const [key, value] of Object.entries(data)) assert.equal(value, record.data[key], reader.name);
      }
      if (!reader.seesAddresses) assertNoAddress(JSON.stringify(replica.frames), { ...reader, own: [] }, `${reader.name}: frames`);
      replica.close();
    }
  });

  it('[H-16] no step shows an address: invites, changes of members, presence and the audit log', async () => {
    const watching = readers.filter(({ name, wire, seesAddresses }) => wire && !seesAddresses && name !== 'stranger');
    const replicas = await Promise.all(watching.map(({ wire }) => WireReplica.open(server.url, wire!, org.slug)));
    for (const replica of replicas) replica.socket.emit('presence', { org: org.id, page: 'members' });
    const email = `stepped-${nextNumber()}@example.com`;
    addresses.push(email);
    const on = `/api/0/organizations/${org.slug}`;
    const invited = await server.request('POST', `${on}/members/`, { token: owner.token, body: { email } });
    await server.request('PUT', `${on}/members/${invited.body.id}/`, { token: owner.token, body: { reinvite: true } });
    await server.request('PUT', `${on}/members/${org.people.admin.memberId}/`, { token: owner.token, body: { orgRole: 'member' } });
    const last = await server.request('DELETE', `${on}/members/${invited.body.id}/`, { token: owner.token });
    const revision = Number(last.headers.get('x-org-revision')!.split('.')[1]);
    for (const [index, replica] of replicas.entries()) {
      await replica.reach(revision);
      assertNoAddress(JSON.stringify(replica.frames), { ...watching[index]!, own: [] }, watching[index]!.name);
      replica.close();
    }
  });

  it('[H-16] an invite or a request to invite gets the same response for any address if the caller may not see addresses', async () => {
    const member = org.people.member;
    const shape = ({ status, body }: { status: number; body: Record<string, unknown> }) => {
      const { id: _id, dateCreated: _date, ...rest } = body;
      return { status, rest };
    };
    for (const path of ['members', 'invite-requests']) {
      const send = (email: string) =>
        server.request('POST', `/api/0/organizations/${org.slug}/${path}/`, { token: member.token, body: { email } });
      const fresh = await send(`fresh-${nextNumber()}@example.com`);
      assert.equal(fresh.status, 201);
      const invited = (await server.services.db.selectFrom('members').select('email').where('id', '=', org.invite.id).executeTakeFirst())!
        .email!;
      const revisionOf = ({ headers }: { headers: Headers }) => Number(headers.get('x-org-revision')!.split('.')[1]);
      let revision = revisionOf(fresh);
      for (const email of [secondary, org.people.owner.email, invited, secondary]) {
        const answer = await send(email);
        assert.deepEqual(shape(answer), shape(fresh), `${path}: ${email}`);
        assert.equal(revisionOf(answer), ++revision, `${path}: ${email}`);
        assert.ok(!JSON.stringify(answer.body).includes(email));
      }
    }
    const managed = await server.request('POST', `/api/0/organizations/${org.slug}/members/`, {
      token: owner.token,
      body: { email: secondary },
    });
    assert.deepEqual([managed.status, managed.body], [400, { email: [`The user ${secondary} is already a member`] }]);
    const kept = await server.services.db.selectFrom('members').select('role').where('id', '=', org.invite.id).execute();
    assert.equal(kept.length, 1, 'the existing invite stays');
  });

  it('[H-16] a team that is created with a project is named after the project, not after its creator', async () => {
    const { body } = await server.request('GET', `/api/0/organizations/${org.slug}/teams/?query=slug:team-rocket`, { token: owner.token });
    assert.equal(body.length, 1);
  });

  it('[H-16] the callers of these tests have every role', () => {
    for (const role of orgRoleIds) assert.ok(readers.some(({ name }) => name === role));
  });

  it('[H-16] while off, the response to a member states that an address is taken, in the contract’s text', async () => {
    const other = await aWholeOrganization(server, await anOwnerAccount(server));
    const extra = await aPerson(server);
    await addMember(server, { id: other.id, slug: other.slug, owner: other.owner }, extra, 'member');
    const send = (email: string) =>
      server.request('POST', `/api/0/organizations/${other.slug}/members/`, { token: other.people.member.token, body: { email } });
    await eventually(async () =>
      assert.deepEqual((await send(extra.email)).body, { email: [`The user ${extra.email} is already a member`] }),
    );
  });
});
