import assert from 'node:assert/strict';
import type { Db } from '../../../server/src/database/database.ts';
import { userActor } from '../../../server/src/domain/actor.ts';
import { presentReachableProjects } from '../../../server/src/http/endpoints/projects/present-project.ts';
import { presentProjectKey, presentProjectKeys } from '../../../server/src/http/endpoints/projects/present-project-key.ts';
import { listProjectKeys } from '../../../server/src/read-path/queries/projects/list-project-keys.ts';
import { listProjectsOfTeams } from '../../../server/src/read-path/queries/projects/list-projects.ts';
import { listReachableProjects } from '../../../server/src/read-path/queries/projects/list-reachable-projects.ts';
import { listMembersOfTeam } from '../../../server/src/read-path/queries/teams/list-team-members.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';

const firstPage = { limit: 100, offset: 0 };

/** A row that a request removes between two statements of a read. */
describe('reads of rows that are removed at the same time', () => {
  let server: TestServer;
  let owner: Person;
  let member: Person;
  let org: ProvisionedOrg;
  let teamId: string;

  before(async () => {
    server = await startServer();
    owner = await aPerson(server);
  });
  after(() => server?.stop());

  beforeEach(async () => {
    org = await anOrganizationOf(server, owner);
    member = await aPerson(server);
    await addMember(server, org, member, 'member');
    teamId = (await call('POST', `/organizations/${org.slug}/teams/`, { slug: 'web' })).id;
    for (const slug of ['first', 'second']) await call('POST', `/teams/${org.slug}/web/projects/`, { name: slug, slug });
  });

  async function call(method: string, path: string, body?: unknown) {
    const answer = await server.request(method, `/api/0${path}`, { token: owner.token, body });
    assert.ok(answer.status < 300, JSON.stringify(answer.body));
    return answer.body;
  }

  /** A database on which the row is removed after the first statement. */
  function removingAfterFirst(remove: () => Promise<unknown>): Db {
    let isFirst = true;
    return server.services.db.withPlugin({
      transformQuery: ({ node }) => node,
      async transformResult({ result }) {
        if (isFirst) {
          isFirst = false;
          await remove();
        }
        return result;
      },
    });
  }

  it('the members of a team omit a member who is removed while they are read', async () => {
    await call('POST', `/organizations/${org.slug}/members/${member.memberId}/teams/web/`);
    const list = (db: Db) => listMembersOfTeam(db, org.id, teamId, { hidesAddresses: false }, firstPage);
    assert.equal((await list(server.services.db)).length, 2);
    const left = await list(removingAfterFirst(() => call('DELETE', `/organizations/${org.slug}/members/${member.memberId}/`)));
    assert.deepEqual(
      left.map(({ member: { id } }) => id),
      [owner.memberId],
    );
  });

  it('the projects of teams omit a project that is removed while they are read', async () => {
    const db = removingAfterFirst(() => call('DELETE', `/projects/${org.slug}/first/`));
    const projects = (await listProjectsOfTeams(db, org.id, [teamId])).get(teamId);
    assert.deepEqual(
      projects?.map((project) => project?.slug),
      ['second'],
    );
  });

  it('the caller’s projects omit an organization to which the caller’s access ends during the read', async () => {
    const { db, publicUrl } = server.services;
    const remaining = await anOrganizationOf(server, member);
    await server.request('POST', `/api/0/organizations/${remaining.slug}/projects/`, { token: member.token, body: { name: 'Own' } });
    const ofMember = userActor(member.userId);
    const rows = await listReachableProjects(db, ofMember, { text: '', filters: new Map() }, firstPage);
    assert.equal(rows.length, 3);
    await call('DELETE', `/organizations/${org.slug}/members/${(await readMemberId())!}/`);
    const shapes = await presentReachableProjects(db, ofMember, rows, publicUrl);
    assert.deepEqual(
      shapes.map(({ organization }) => organization.slug),
      [remaining.slug],
    );
  });

  /** `anOrganizationOf` replaces the person's `memberId`. */
  async function readMemberId(): Promise<string | undefined> {
    const members: { id: string; email: string }[] = await call('GET', `/organizations/${org.slug}/members/`);
    return members.find(({ email }) => email === member.email)?.id;
  }

  it('the client keys of a project omit a key that is removed while they are read, and the key itself is 404', async () => {
    const { db, publicUrl } = server.services;
    const [{ projectId }] = await call('GET', `/projects/${org.slug}/first/keys/`);
    const second = await call('POST', `/projects/${org.slug}/first/keys/`, { name: 'Second' });
    const keys = await listProjectKeys(db, org.id, String(projectId), {}, firstPage);
    await call('DELETE', `/projects/${org.slug}/first/keys/${second.id}/`);
    assert.deepEqual(
      (await presentProjectKeys(db, org.id, keys, publicUrl)).map(({ id }) => id),
      keys.map(({ id }) => id).filter((id) => id !== second.id),
    );
    const removed = keys.find(({ id }) => id === second.id)!;
    await assert.rejects(presentProjectKey(db, org.id, removed, publicUrl), { code: 'not-found' });
  });
});
