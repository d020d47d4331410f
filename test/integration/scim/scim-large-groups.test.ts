import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { anOrganizationOf, aPerson, type ProvisionedOrg } from '../../support/provision.ts';
import { enableScim, patchOf, type ScimClient } from '../../support/scim.ts';
import { startServer, type TestServer } from '../../support/server.ts';

const count = 10_000;

/** authentik sends one operation per member. */
describe('a SCIM group of 10,000 members', () => {
  let server: TestServer;
  let org: ProvisionedOrg;
  let scim: ScimClient;
  const ids = Array.from({ length: count }, (_, index) => String(60_000_001 + index));

  before(async () => {
    server = await startServer();
    org = await anOrganizationOf(server, await aPerson(server));
    scim = await enableScim(server, org.id);
    await sql`
      INSERT INTO members (id, organization_id, email, role, flags, invite_status, date_created)
      SELECT 60000000 + n, ${org.id}, n || '@large.example.com', 'member', '{}', 'approved', now() FROM generate_series(1, ${count}) AS n`.execute(
      server.services.db,
    );
  });
  after(() => server?.stop());

  const revision = async () => (await server.operate('GET', `/organizations/${org.id}/state/`)).body.revision;
  async function membersOf(group: string): Promise<string[]> {
    const rows = await server.services.db
      .selectFrom('team_members')
      .select('member_id')
      .where('organization_id', '=', org.id)
      .where('team_id', '=', group)
      .orderBy('member_id')
      .execute();
    return rows.map(({ member_id }) => member_id);
  }

  it('[12.2] gets and loses all of them by one operation each, in one revision, or none of them', async () => {
    const { id } = (await scim('POST', '/Groups', { displayName: 'Everyone' })).body;
    const before = await revision();
    const add = ids.map((value) => ({ op: 'add', path: 'members', value: [{ value }] }));
    const wrong = await scim('PATCH', `/Groups/${id}`, patchOf(...add.slice(1), { op: 'add', path: 'members', value: [{ value: '1' }] }));
    assert.deepEqual([wrong.status, await membersOf(id), await revision()], [404, [], before]);
    const added = await scim('PATCH', `/Groups/${id}`, patchOf(...add));
    assert.equal(added.status, 204, JSON.stringify(added.body));
    assert.deepEqual([await membersOf(id), await revision()], [ids, before + 1]);
    const tooMany = await scim('PATCH', `/Groups/${id}`, patchOf(...add, add[0]!));
    assert.deepEqual([tooMany.status, tooMany.body.detail], [400, 'Too many patch ops sent, limit is 10000.']);
    const remove = ids.map((value) => ({ op: 'remove', path: `members[value eq "${value}"]` }));
    assert.equal((await scim('PATCH', `/Groups/${id}`, patchOf(...remove))).status, 204);
    assert.deepEqual([await membersOf(id), await revision()], [[], before + 2]);
  });
});

/** PostgreSQL keeps the plan of a frequent statement until it has analyzed the table again. */
describe('a SCIM group that grows from one member to 10,000', () => {
  let server: TestServer;

  before(async () => (server = await startServer()));
  after(() => server?.stop());

  it('[12.2] shows all of them at once', async () => {
    const { db } = server.services;
    const org = await anOrganizationOf(server, await aPerson(server));
    const scim = await enableScim(server, org.id);
    const insertMembers = (from: number, to: number) =>
      sql`
        INSERT INTO members (id, organization_id, email, role, flags, invite_status, date_created)
        SELECT 60000000 + n, ${org.id}, n || '@large.example.com', 'member', '{}', 'approved', now()
        FROM generate_series(${from}::integer, ${to}::integer) AS n`.execute(db);
    await insertMembers(1, 1);
    const group = (await scim('POST', '/Groups', { displayName: 'Everyone', members: [{ value: '60000001' }] })).body;
    for (let reads = 0; reads < 30; reads++) assert.equal((await scim('GET', `/Groups/${group.id}`)).body.members.length, 1);
    await insertMembers(2, count);
    await sql`
      INSERT INTO team_members (organization_id, team_id, member_id)
      SELECT organization_id, ${group.id}, id FROM members WHERE organization_id = ${org.id} AND id > 60000001`.execute(db);
    const { status, body } = await scim('GET', `/Groups/${group.id}`);
    assert.deepEqual([status, body.members?.length], [200, count], JSON.stringify(body).slice(0, 300));
  });
});
