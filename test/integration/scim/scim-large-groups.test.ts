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
