import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { addMember, anOrganizationOf, aPerson, nextNumber, type ProvisionedOrg, revisionOf } from '../../support/provision.ts';
import { enableScim, patchOf, type ScimClient } from '../../support/scim.ts';
import { startServer, type TestServer } from '../../support/server.ts';

const errorSchema = 'urn:ietf:params:scim:api:messages:2.0:Error';
const groupSchema = 'urn:ietf:params:scim:schemas:core:2.0:Group';

describe('a SCIM group', () => {
  let server: TestServer;
  let org: ProvisionedOrg;
  let scim: ScimClient;

  before(async () => {
    server = await startServer();
    org = await anOrganizationOf(server, await aPerson(server));
    scim = await enableScim(server, org.id);
  });
  after(() => server?.stop());

  const aName = () => `Group ${nextNumber()}`;
  async function aGroup(fields: object = {}): Promise<string> {
    const created = await scim('POST', '/Groups', { schemas: [groupSchema], displayName: aName(), ...fields });
    assert.equal(created.status, 201, JSON.stringify(created.body));
    return created.body.id;
  }
  async function aUser(): Promise<string> {
    const created = await scim('POST', '/Users', { userName: `member-${nextNumber()}@example.com` });
    assert.equal(created.status, 201, JSON.stringify(created.body));
    return created.body.id;
  }
  const membersOf = async (group: string): Promise<string[]> =>
    (await scim('GET', `/Groups/${group}`)).body.members.map(({ value }: { value: string }) => value);
  const patch = (group: string, ...operations: object[]) => scim('PATCH', `/Groups/${group}`, patchOf(...operations));

  it('[12.2] begins as a team with the slug of its name, which only the identity provider may change', async () => {
    const { status, body } = await scim('POST', '/Groups', {
      schemas: [groupSchema],
      displayName: 'Test SCIMv2',
      members: [],
      externalId: 'g',
    });
    assert.equal(status, 201);
    const { meta, ...rest } = body;
    assert.deepEqual(rest, { schemas: [groupSchema], id: body.id, externalId: 'g', displayName: 'Test SCIMv2', members: [] });
    assert.equal(meta.resourceType, 'Group');
    const team = await server.request('GET', `/api/0/teams/${org.slug}/test-scimv2/`, { token: org.owner.token });
    assert.deepEqual([team.body.id, team.body.flags['idp:provisioned']], [body.id, true]);
    const renamed = await server.request('PUT', `/api/0/teams/${org.slug}/test-scimv2/`, { token: org.owner.token, body: { name: 'x' } });
    assert.equal(renamed.status, 403);
    const again = await scim('POST', '/Groups', { schemas: [groupSchema], displayName: 'test scimv2' });
    assert.deepEqual([again.status, again.body.scimType, again.body.detail], [409, 'uniqueness', 'A team with this slug already exists.']);
    const refused = await scim('POST', '/Groups', { displayName: 'x'.repeat(64) });
    assert.deepEqual([refused.status, refused.body.schemas], [400, [errorSchema]]);
    assert.ok(refused.body.slug[0]);
    assert.equal((await scim('POST', '/Groups', {})).status, 400);
    assert.equal((await scim('GET', '/Groups/test-scimv2')).body.id, body.id);
    assert.equal((await scim('DELETE', `/Groups/${body.id}`)).status, 204);
    const gone = await scim('GET', `/Groups/${body.id}`);
    assert.deepEqual([gone.status, gone.body.detail], [404, 'Group not found.']);
  });

  it('[12.2] [W1] changes by all operations of a request in one revision, or by none', async () => {
    const [a, b, c] = [await aUser(), await aUser(), await aUser()];
    const group = await aGroup({ members: [{ value: a }] });
    const before = (await server.operate('GET', `/organizations/${org.id}/state/`)).body.revision;
    const name = aName();
    const changed = await patch(
      group,
      { op: 'Add', path: 'members', value: [{ value: b }, { value: c }, { value: a }] },
      { op: 'remove', path: `members[value eq "${a}"]` },
      { op: 'replace', value: { id: group, displayName: name } },
    );
    assert.deepEqual([changed.status, changed.body, revisionOf(changed)], [204, '', before + 1]);
    assert.deepEqual(await membersOf(group), [b, c]);
    assert.equal((await scim('GET', `/Groups/${group}`)).body.displayName, name);

    const unknown = await patch(
      group,
      { op: 'add', path: 'members', value: [{ value: a }] },
      { op: 'add', path: 'members', value: [{ value: '999999' }] },
    );
    assert.deepEqual([unknown.status, unknown.body.detail], [404, 'User not found.']);
    const half = await patch(
      group,
      { op: 'replace', path: 'members', value: [] },
      { op: 'replace', path: 'displayName', value: 'x'.repeat(64) },
    );
    assert.equal(half.status, 400);
    assert.ok(half.body.slug[0]);
    assert.deepEqual(await membersOf(group), [b, c]);
    const unchanged = await patch(group, { op: 'add', path: 'members', value: [{ value: b }] });
    assert.equal(revisionOf(unchanged), before + 1);
  });

  it('[12.2] replaces members exactly, and the staying ones keep their team role', async () => {
    const [a, b] = [await aUser(), await aUser()];
    const person = await aPerson(server);
    await addMember(server, org, person, 'member');
    const slug = `kept-${nextNumber()}`;
    const made = await server.request('POST', `/api/0/organizations/${org.slug}/teams/`, { token: org.owner.token, body: { slug } });
    await server.request('POST', `/api/0/organizations/${org.slug}/members/${person.memberId}/teams/${slug}/`, { token: org.owner.token });
    const role = await server.request('PUT', `/api/0/organizations/${org.slug}/members/${person.memberId}/teams/${slug}/`, {
      token: org.owner.token,
      body: { teamRole: 'admin' },
    });
    assert.equal(role.status, 200, JSON.stringify(role.body));
    const group = made.body.id;
    const members = [{ value: person.memberId }, { value: a }, { value: b }];
    assert.equal((await patch(group, { op: 'replace', path: 'members', value: members })).status, 204);
    assert.deepEqual((await membersOf(group)).toSorted(), [person.memberId, a, b].toSorted());
    const { body } = await server.operate('GET', `/organizations/${org.id}/state/`);
    const row = body.records.find(
      ({ kind, record }: { kind: string; record: { teamId: string; memberId: string } }) =>
        kind === 'team-member' && record.teamId === group && record.memberId === person.memberId,
    );
    assert.equal(row.record.teamRole, 'admin');
    assert.equal((await patch(group, { op: 'replace', path: 'members', value: [] })).status, 204);
    assert.deepEqual(await membersOf(group), []);
  });

  it('[12] appears in lists with its members unless they are excluded, and by filters', async () => {
    const user = await aUser();
    const group = await aGroup({ externalId: `g-${nextNumber()}`, members: [{ value: user }] });
    const { body: shown } = await scim('GET', `/Groups/${group}`);
    const find = async (filter: string, more = '') => {
      const { status, body } = await scim('GET', `/Groups?filter=${encodeURIComponent(filter)}${more}`);
      assert.equal(status, 200, JSON.stringify(body));
      return body.Resources;
    };
    assert.deepEqual(await find(`displayName eq "${shown.displayName.toUpperCase()}"`), [shown]);
    assert.deepEqual(await find(`externalId eq "${shown.externalId}"`), [shown]);
    assert.deepEqual(await find(`id eq "${group}" and members eq "${user}"`), [shown]);
    assert.deepEqual(await find(`id eq "${group}" and members eq "${org.owner.memberId}"`), []);
    const [bare] = await find(`id eq "${group}"`, '&excludedAttributes=members');
    assert.ok(!('members' in bare));
    assert.ok(!('members' in (await scim('GET', `/Groups/${group}?excludedAttributes=members`)).body));
    const list = (await scim('GET', '/Groups?count=1&startIndex=2')).body;
    assert.deepEqual([list.itemsPerPage, list.startIndex], [1, 2]);
    assert.equal((await scim('GET', `/Groups?filter=${encodeURIComponent('displayName sw "a"')}`)).body.scimType, 'invalidFilter');
  });

  it('[12] has at most 20,000 members in a page of groups, and the next page continues after it', async () => {
    const crowded = await anOrganizationOf(server, await aPerson(server));
    const call = await enableScim(server, crowded.id);
    const made: string[] = [];
    for (const displayName of ['crowd-a', 'crowd-b', 'small-c', 'small-d'])
      made.push((await call('POST', '/Groups', { displayName })).body.id);
    const [a, b, c, d] = made;
    const { db } = server.services;
    await sql`
      INSERT INTO members (id, organization_id, email, role, flags, invite_status, date_created)
      SELECT 50000000 + n, ${crowded.id}, n || '@crowd.example.com', 'member', '{}', 'approved', now() FROM generate_series(1, 10001) AS n`.execute(
      db,
    );
    await sql`
      INSERT INTO team_members (organization_id, team_id, member_id)
      SELECT ${crowded.id}, team.id, 50000000 + n FROM generate_series(1, 10001) AS n, unnest(${[a, b, c]}::bigint[]) AS team (id)
      WHERE team.id <> ${c} OR n = 1`.execute(db);

    const list = async (query: string) => {
      const { status, body } = await call('GET', `/Groups?${query}`);
      assert.equal(status, 200, JSON.stringify(body));
      return body;
    };
    const first = await list('startIndex=1');
    const second = await list(`startIndex=${first.startIndex + first.itemsPerPage}`);
    const shown = ({ totalResults, itemsPerPage, Resources }: typeof first) => [
      totalResults,
      itemsPerPage,
      Resources.map(({ id, members }: { id: string; members: object[] }) => [id, members.length]),
    ];
    assert.deepEqual(shown(first), [4, 2, [a, b].map((id) => [id, 10_000])]);
    assert.deepEqual(shown(second), [
      4,
      2,
      [
        [c, 1],
        [d, 0],
      ],
    ]);
    const bare = await list('excludedAttributes=members');
    assert.deepEqual([bare.itemsPerPage, bare.Resources.map(({ id }: { id: string }) => id)], [4, made]);
  });

  it('[12.2] cannot be replaced as a whole, and refuses more than 1,000 members', async () => {
    const group = await aGroup();
    const put = await scim('PUT', `/Groups/${group}`, { schemas: [groupSchema], displayName: 'x', members: [] });
    assert.deepEqual([put.status, put.body.schemas], [403, [errorSchema]]);
    const many = Array.from({ length: 3_000 }, (_, index) => ({ value: String(index + 1) }));
    const refused = await patch(group, { op: 'add', path: 'members', value: many });
    assert.deepEqual([refused.status, refused.body.scimType], [400, 'tooMany']);
    const few = await patch(group, { op: 'replace', path: 'description', value: 'x' });
    assert.equal(few.body.detail, 'Invalid Replace attr. Only displayName and members supported.');
  });

  it('[12] has descriptions of the resources, and errors in the form of SCIM', async () => {
    const config = (await scim('GET', '/ServiceProviderConfig')).body;
    assert.deepEqual(
      [config.patch.supported, config.bulk.supported, config.filter.maxResults, config.sort.supported, config.etag.supported],
      [true, false, 100, false, false],
    );
    assert.equal(config.authenticationSchemes[0].type, 'oauthbearertoken');
    const types = (await scim('GET', '/ResourceTypes')).body;
    assert.deepEqual([types.totalResults, types.Resources.map(({ id }: { id: string }) => id)], [2, ['User', 'Group']]);
    assert.equal((await scim('GET', '/ResourceTypes/User')).body.endpoint, '/Users');
    const unknown = await scim('GET', '/ResourceTypes/Device');
    assert.deepEqual([unknown.status, unknown.body.detail], [404, 'Resource type not found.']);
    assert.equal((await scim('GET', '/Schemas')).body.totalResults, 2);
    const me = await scim('GET', '/Me');
    assert.deepEqual([me.status, me.body.schemas, me.body.status], [501, [errorSchema], '501']);
    for (const [method, path] of [
      ['POST', '/Bulk'],
      ['GET', '/Devices'],
      ['GET', '/Users/'],
    ] as const) {
      const { status, body } = await scim(method, path, method === 'POST' ? {} : undefined);
      assert.deepEqual([status, body.schemas], [404, [errorSchema]], path);
    }
    assert.equal((await scim('DELETE', '/Users')).status, 405);
    assert.deepEqual((await scim('POST', '/Users', '{')).body.schemas, [errorSchema]);
  });
});
