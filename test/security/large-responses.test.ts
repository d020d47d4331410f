import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../support/provision.ts';
import { startServer, type TestServer } from '../support/server.ts';

/**
 * As many teams share as many projects: 50 * 50 links give 50 * 50 * (1 + 50) entries in a list of
 * the teams, above the limit of 100,000.
 */
const count = 50;

describe('lists of teams that share many projects', () => {
  let server: TestServer;
  let org: ProvisionedOrg;
  let owner: Person;

  before(async () => {
    server = await startServer();
    owner = await aPerson(server);
    org = await anOrganizationOf(server, owner);
    const { db } = server.services;
    await sql`
      WITH numbers AS (SELECT number FROM generate_series(1, ${count}::int) AS number),
      new_teams AS (
        INSERT INTO teams (id, organization_id, slug, name, flags, date_created)
        SELECT nextval('record_ids'), ${org.id}, 'team-' || number, 'Team', '{"idp:provisioned": false}', now() FROM numbers
        RETURNING id
      ),
      new_projects AS (
        INSERT INTO projects (id, organization_id, slug, name, date_created)
        SELECT nextval('record_ids'), ${org.id}, 'project-' || number, 'Project', now() FROM numbers
        RETURNING id
      ),
      new_links AS (
        INSERT INTO project_teams (organization_id, project_id, team_id)
        SELECT ${org.id}, new_projects.id, new_teams.id FROM new_projects, new_teams
      )
      INSERT INTO team_members (organization_id, team_id, member_id)
      SELECT ${org.id}, new_teams.id, members.id FROM new_teams, members WHERE members.organization_id = ${org.id}`.execute(db);
  });
  after(() => server?.stop());

  const get = (path: string) => server.request('GET', `/api/0/${path}`, { token: owner.token });
  const ofOrg = (path: string) => get(`organizations/${org.slug}/${path}`);

  for (const list of ['teams/', 'user-teams/']) {
    it(`GET ${list} is 400 with too many entries, and names the parameters that help`, async () => {
      const { status, body } = await ofOrg(list);
      assert.equal(status, 400);
      assert.match(body.detail, /detailed=0.*per_page/);
    });
  }

  it('responses without projects, smaller pages and single teams have no such limit', async () => {
    assert.equal((await ofOrg('teams/?detailed=0')).body.length, count);
    const { status, body } = await ofOrg('teams/?per_page=10');
    assert.equal(status, 200);
    assert.equal(body.length, 10);
    assert.equal(body[0].projects.length, count);
    assert.equal(body[0].projects[0].teams.length, count);
    const team = await get(`teams/${org.slug}/team-1/?expand=projects`);
    assert.equal(team.body.projects.length, count);
  });
});
