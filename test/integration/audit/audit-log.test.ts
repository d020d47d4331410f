import assert from 'node:assert/strict';
import { connect } from '@rollcall/client';
import { auditEventNames } from '../../../protocol/src/index.ts';
import { eventually } from '../../support/eventually.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';

interface Row {
  readonly event: string;
  readonly note: string;
  readonly targetObject: number;
  readonly targetUser: { readonly id: string } | null;
  readonly actor: { readonly id: string } | null;
  readonly data: Readonly<Record<string, string>>;
}

describe('the audit log', () => {
  let server: TestServer;
  let owner: Person;
  let plain: Person;
  let org: ProvisionedOrg;

  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());

  beforeEach(async () => {
    owner = await aPerson(server);
    org = await anOrganizationOf(server, owner);
    plain = await aPerson(server);
    await addMember(server, org, plain, 'member');
  });

  const call = (method: string, path: string, body?: unknown, by: Person = owner, headers: Record<string, string> = {}) =>
    server.request(method, `/api/0${path}`, { token: by.token, body, headers });
  const onOrg = (method: string, path: string, body?: unknown, by: Person = owner) =>
    call(method, `/organizations/${org.slug}${path}`, body, by);
  const list = (query = '', by: Person = owner) => onOrg('GET', `/audit-logs/?${query}`, undefined, by);
  const rows = async (query = ''): Promise<Row[]> => (await list(query)).body.rows;

  /** The entries that a call adds to the log, oldest first. */
  async function addedBy(run: () => Promise<{ status: number; body: unknown }>): Promise<Row[]> {
    const before = (await rows()).length;
    const { status, body } = await run();
    assert.ok(status < 300, `${status} ${JSON.stringify(body)}`);
    return (await rows()).slice(0, -before).reverse();
  }
  const describeEntries = (added: readonly Row[]) => added.map(({ event, note }) => `${event}: ${note}`);

  it('[11] records changes of teams, their members and their projects', async () => {
    assert.deepEqual(describeEntries(await addedBy(() => onOrg('POST', '/teams/', { slug: 'ops' }))), [
      'team.create: created team ops',
      'member.join-team: joined team ops',
    ]);
    const other = `/members/${plain.memberId}/teams/ops/`;
    assert.deepEqual(describeEntries(await addedBy(() => onOrg('POST', other))), [`member.join-team: added ${plain.email} to team ops`]);
    assert.deepEqual(describeEntries(await addedBy(() => onOrg('POST', other))), []);
    assert.deepEqual(
      (await addedBy(() => onOrg('PUT', other, { teamRole: 'admin' }))).map(({ event }) => event),
      ['member.edit'],
    );
    assert.deepEqual(describeEntries(await addedBy(() => onOrg('PUT', other, {}))), []);
    assert.deepEqual(describeEntries(await addedBy(() => onOrg('DELETE', other, undefined, plain))), ['member.leave-team: left team ops']);
    assert.deepEqual(describeEntries(await addedBy(() => onOrg('DELETE', other))), []);
    assert.deepEqual(describeEntries(await addedBy(() => call('PUT', `/teams/${org.slug}/ops/`, { slug: 'web' }))), [
      'team.edit: edited team web',
    ]);
    assert.deepEqual(describeEntries(await addedBy(() => call('POST', `/teams/${org.slug}/web/projects/`, { name: 'Site' }))), [
      'project.create: created project site',
    ]);
    const [edit] = await addedBy(() => call('PUT', `/projects/${org.slug}/site/`, { slug: 'shop' }));
    assert.deepEqual(
      { event: edit!.event, old: edit!.data.old_slug, new: edit!.data.new_slug },
      { event: 'project.edit', old: 'site', new: 'shop' },
    );
    assert.deepEqual(describeEntries(await addedBy(() => call('DELETE', `/projects/${org.slug}/shop/teams/web/`))), [
      'project-team.remove: removed team web from project shop',
    ]);
    assert.deepEqual(describeEntries(await addedBy(() => call('POST', `/projects/${org.slug}/shop/teams/web/`))), [
      'project-team.add: added team web to project shop',
    ]);
    assert.deepEqual(describeEntries(await addedBy(() => call('DELETE', `/projects/${org.slug}/shop/`))), [
      'project.remove: removed project shop',
    ]);
    assert.deepEqual(describeEntries(await addedBy(() => call('DELETE', `/teams/${org.slug}/web/`))), ['team.remove: removed team web']);
    assert.deepEqual(
      (await addedBy(() => onOrg('POST', '/projects/', { name: 'Alone' }))).map(({ event }) => event),
      ['project.create', 'team-and-project.created'],
    );
  });

  it('[11] records changes of members and invites', async () => {
    const [invite] = await addedBy(() => onOrg('POST', '/members/', { email: 'new@example.com', orgRole: 'member' }));
    assert.equal(invite!.note, 'invited member new@example.com');
    const invited = `/members/${invite!.targetObject}/`;
    assert.deepEqual(
      (await addedBy(() => onOrg('PUT', invited, { reinvite: true }))).map(({ event }) => event),
      ['member.reinvite'],
    );
    assert.deepEqual(describeEntries(await addedBy(() => onOrg('DELETE', invited))), ['member.remove: removed member new@example.com']);
    await onOrg('POST', '/teams/', { slug: 'ops' });
    const teams = await addedBy(() =>
      onOrg('PUT', `/members/${plain.memberId}/`, { orgRole: 'manager', teamRoles: [{ teamSlug: 'ops', role: null }] }),
    );
    assert.deepEqual(
      teams.map(({ event }) => event),
      ['member.join-team', 'member.edit'],
    );
    assert.equal(teams[1]!.targetUser!.id, plain.userId);
    assert.deepEqual(describeEntries(await addedBy(() => onOrg('PUT', `/members/${plain.memberId}/`, { orgRole: 'manager' }))), []);
    assert.deepEqual(describeEntries(await addedBy(() => onOrg('DELETE', '/members/me/', undefined, plain))), [
      'member.remove: left the organization',
    ]);
  });

  it('[5.7] describes a change to the organization with the names of the model, and names a restored one', async () => {
    const [edit] = await addedBy(() =>
      onOrg('PUT', '/', { openMembership: false, allowMemberInvite: false, defaultRole: 'manager', storeCrashReports: 5 }),
    );
    assert.equal(edit!.event, 'org.edit');
    assert.equal(
      edit!.note,
      'edited the organization setting: default_role from member to manager, allow_joinleave to False, disable_member_invite to True, storeCrashReports to 5',
    );
    const [again] = await addedBy(() => onOrg('PUT', '/', { storeCrashReports: 10 }));
    assert.match(again!.note, /storeCrashReports from 5 to 10$/);
    assert.deepEqual(await addedBy(() => onOrg('PUT', '/', { openMembership: false })), []);
    const other = await aPerson(server);
    const spare = await anOrganizationOf(server, other);
    assert.equal((await call('DELETE', `/organizations/${spare.slug}/`, undefined, other)).status, 202);
    assert.equal((await call('DELETE', `/organizations/${spare.slug}/`, undefined, other)).status, 202);
    assert.equal((await call('PUT', `/organizations/${spare.slug}/`, { cancelDeletion: true }, other)).status, 200);
    const { body } = await call('GET', `/organizations/${spare.slug}/audit-logs/`, undefined, other);
    assert.deepEqual(
      body.rows.map(({ event }: Row) => event),
      ['org.restore', 'org.remove', 'org.create'],
    );
  });

  it('[11] [V16.2.1] returns the actor, the address and every event name', async () => {
    await onOrg('POST', '/teams/', { slug: 'ops' });
    const { body } = await list('event=team.create');
    assert.deepEqual(body.options, auditEventNames);
    assert.equal(body.rows.length, 1);
    const { id, dateCreated, actor, ...rest } = body.rows[0];
    assert.match(id, /^\d+$/);
    assert.match(dateCreated, /^\d{4}-.*\.\d{6}Z$/);
    assert.equal(actor.email, owner.email);
    const [team] = (await onOrg('GET', '/teams/')).body;
    assert.deepEqual(rest, {
      event: 'team.create',
      ipAddress: '127.0.0.1',
      note: 'created team ops',
      targetObject: Number(team.id),
      targetUser: null,
      data: { id: team.id, slug: 'ops', name: 'ops' },
    });
    const [member] = (await list('event=member.add')).body.rows;
    assert.equal(member.actor, null);
    assert.equal(member.targetUser.id, plain.userId);
  });

  it('[11] accepts filters for event, actor and time, and returns pages from the newest entry on', async () => {
    for (const slug of ['a1', 'b2', 'c3']) await onOrg('POST', '/teams/', { slug });
    const ofTeams = (found: readonly Row[]) => found.map(({ data }) => data.slug);
    const first = await list('event=team.create&per_page=2');
    assert.deepEqual(ofTeams(first.body.rows), ['c3', 'b2']);
    const next = /cursor=([^&>]+)>; rel="next"; results="true"/.exec(first.headers.get('link')!)![1];
    assert.deepEqual(ofTeams(await rows(`event=team.create&per_page=2&cursor=${next}`)), ['a1']);
    assert.deepEqual(await rows('event=no.such'), []);
    assert.ok((await rows(`actor=${owner.userId}`)).every(({ actor }) => actor!.id === owner.userId));
    assert.deepEqual(await rows(`actor=${plain.userId}`), []);
    assert.equal((await list('actor=x')).status, 400);
    assert.equal((await rows('statsPeriod=1h')).length, (await rows()).length);
    assert.deepEqual(await rows('start=2000-01-01&end=2000-02-01T00:00:00'), []);
    assert.equal((await list('statsPeriod=soon')).status, 400);
    assert.equal((await list('start=yesterday')).status, 400);
  });

  it('[11] names a token if no user acted, and shows only five keys of the data', async () => {
    const made = await server.operate('POST', `/organizations/${org.id}/tokens/`, { name: 'deploys', scopes: ['team:write', 'org:read'] });
    const { status } = await server.request('POST', `/api/0/organizations/${org.slug}/teams/`, {
      token: made.body.token,
      body: { slug: 'by-token' },
    });
    assert.equal(status, 201);
    const [team] = await rows('event=team.create');
    assert.deepEqual([team!.actor, team!.data.slug], [{ name: 'deploys' }, 'by-token']);
    const invited = (await onOrg('POST', '/members/', { email: 'new@example.com' })).body;
    const [invite] = await rows(`event=member.invite&actor=${owner.userId}`);
    assert.deepEqual([invite!.targetObject, invite!.targetUser, invite!.data], [Number(invited.id), null, { id: invited.id }]);
    const keys = ['actor', 'data', 'dateCreated', 'event', 'id', 'ipAddress', 'note', 'targetObject', 'targetUser'];
    assert.deepEqual(Object.keys(invite!).toSorted(), keys);
    for (const one of [made.body.token, plain.token]) {
      const refused = await server.request('GET', `/api/0/organizations/${org.slug}/audit-logs/`, { token: one });
      assert.equal(refused.status, 403);
    }
  });

  it('[S-09] serves managers and owners only, and contains no rejected request', async () => {
    assert.equal((await list('', plain)).status, 403);
    const before = await rows();
    assert.equal((await onOrg('POST', '/teams/', { slug: 'no' }, plain)).status, 403);
    assert.equal((await onOrg('PUT', '/', { openMembership: false, slug: 'A B' })).status, 400);
    assert.deepEqual(await rows(), before);
  });

  it('[A3] appears live for an owner, stays absent for a member, and comes and goes with the role', async () => {
    const clients = [owner, plain].map(({ token }) => connect({ url: server.url, token }));
    try {
      const [ofOwner, ofPlain] = clients.map((client) => client.organization(org.slug));
      await Promise.all([ofOwner!.ready(), ofPlain!.ready()]);
      const seen: string[] = [];
      ofOwner!.on('audit.recorded', ({ after }) => void seen.push(after.note));
      const { headers } = await onOrg('POST', '/teams/', { slug: 'ops' });
      await Promise.all([ofOwner!.waitFor(headers.get('x-org-revision')!), ofPlain!.waitFor(headers.get('x-org-revision')!)]);
      assert.deepEqual(seen, ['created team ops', 'joined team ops']);
      assert.ok(ofOwner!.state.audit.length > 2);
      assert.deepEqual(ofPlain!.state.audit, []);
      await onOrg('PUT', `/members/${plain.memberId}/`, { orgRole: 'manager' });
      await eventually(() => assert.deepEqual(ofPlain!.state.audit, ofOwner!.state.audit));
      await onOrg('PUT', `/members/${plain.memberId}/`, { orgRole: 'member' });
      await eventually(() => assert.deepEqual(ofPlain!.state.audit, []));
    } finally {
      await Promise.all(clients.map((client) => client.close()));
    }
  });

  it('[5.7] quotes the beginning of a long value, since each replica of a manager contains it', async () => {
    const long = (mark: string) => JSON.stringify({ mark, text: '👍'.repeat(10_000) });
    for (const mark of ['one', 'two']) assert.equal((await onOrg('PUT', '/', { relayPiiConfig: long(mark) })).status, 200);
    const [newest] = await rows('event=org.edit');
    const [, from, to] = /^edited the organization setting: relayPiiConfig from (.*) to (.*)$/.exec(newest!.note)!;
    for (const [quoted, mark] of [
      [from!, 'one'],
      [to!, 'two'],
    ] as const) {
      assert.ok(quoted.length <= 257 && quoted.endsWith('👍…'), quoted);
      assert.ok(long(mark).startsWith(quoted.slice(0, -1)));
    }
  });

  it('keeps the newest entries in the live state, and all entries in the log', async () => {
    const client = connect({ url: server.url, token: owner.token });
    try {
      const handle = client.organization(org.slug);
      await handle.ready();
      let last = '';
      for (let number = 0; number < 110; number++) {
        last = (await onOrg('POST', '/teams/', { slug: `team-${number}` })).headers.get('x-org-revision')!;
      }
      await handle.waitFor(last);
      assert.ok(handle.state.audit.length >= 100 && handle.state.audit.length <= 200, `${handle.state.audit.length} live`);
      assert.equal(handle.state.audit.at(-2)!.note, 'created team team-109');
      const oracle = await server.operate('GET', `/organizations/${org.id}/state/?audience=owner`);
      const live = oracle.body.records.filter(({ kind }: { kind: string }) => kind === 'audit-entry');
      assert.deepEqual(
        handle.state.audit.map(({ id }) => id),
        live.map(({ id }: { id: string }) => id).sort((a: string, b: string) => Number(a) - Number(b)),
      );
      let count = 0;
      for (let cursor = ''; ; ) {
        const page = await list(`per_page=100&cursor=${cursor}`);
        count += page.body.rows.length;
        const next = /cursor=([^&>]+)>; rel="next"; results="true"/.exec(page.headers.get('link')!);
        if (!next) break;
        cursor = next[1]!;
      }
      assert.equal(count, 220 + 2);
    } finally {
      await client.close();
    }
  });
});
