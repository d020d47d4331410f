import assert from 'node:assert/strict';
import { anOrganizationOf, aPerson, type ProvisionedOrg } from '../../support/provision.ts';
import { enableScim, patchOf, type ScimClient } from '../../support/scim.ts';
import { startServer, type TestServer } from '../../support/server.ts';

/** Lists and paths find a team by this form only. */
const slugPattern = /^(?![0-9]+$)[a-z0-9_-]{1,50}$/;

describe('the name of a SCIM group', () => {
  let server: TestServer;
  let org: ProvisionedOrg;
  let scim: ScimClient;
  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());
  beforeEach(async () => {
    org = await anOrganizationOf(server, await aPerson(server));
    scim = await enableScim(server, org.id);
  });

  const create = (displayName: string) => scim('POST', '/Groups', { displayName });
  const rename = (id: string, value: string) => scim('PATCH', `/Groups/${id}`, patchOf({ op: 'replace', path: 'displayName', value }));
  async function found(name: string): Promise<string[]> {
    const { body } = await scim('GET', `/Groups?filter=${encodeURIComponent(`displayName eq ${JSON.stringify(name)}`)}`);
    return body.Resources.map(({ id }: { id: string }) => id);
  }
  async function slugOf(id: string): Promise<string> {
    const { body } = await server.request('GET', `/api/0/organizations/${org.slug}/teams/`, { token: org.owner.token });
    return body.find((team: { id: string }) => team.id === id).slug;
  }

  for (const name of ['研发部', 'Продажи', '2026', '2026 年', '!!!', '🚀']) {
    it(`[12.2] may be ${name}, which stays, is found, and has a generated slug that is valid`, async () => {
      const { status, body } = await create(name);
      assert.deepEqual([status, body.displayName], [201, name], JSON.stringify(body));
      assert.match(await slugOf(body.id), slugPattern);
      assert.deepEqual(await found(name), [body.id]);
      assert.equal((await create(name)).status, 409, 'the same name again');
      assert.equal((await scim('GET', `/Groups/${await slugOf(body.id)}`)).body.id, body.id);
      assert.equal((await create(`${name} 2`)).status, 201, 'a name that gives a similar slug');
      assert.deepEqual(await found(name), [body.id]);
    });
  }

  it('[12.2] may give the same slug as that of another group', async () => {
    const [first, second] = [await create('R&D'), await create('R D')];
    assert.deepEqual([first.status, second.status], [201, 201], JSON.stringify(second.body));
    assert.equal(await slugOf(first.body.id), 'r-d');
    assert.match(await slugOf(second.body.id), /^r-d-[a-z0-9]+$/);
    assert.deepEqual([await found('R&D'), await found('R D'), await found('r d')], [[first.body.id], [second.body.id], [second.body.id]]);
    assert.deepEqual([(await create('r&d')).status, (await create('R D')).status], [409, 409]);
    const renamed = await rename(second.body.id, 'r&D');
    assert.deepEqual([renamed.status, renamed.body.slug], [400, ['The slug "r-d" is already in use.']]);
    assert.equal((await rename(second.body.id, 'R/D')).status, 204);
    assert.deepEqual([await found('R/D'), await found('R D')], [[second.body.id], []]);
  });

  it('[12.2] can change to one without a valid slug, and back', async () => {
    const { id } = (await create('Research')).body;
    assert.equal((await rename(id, '研发部')).status, 204);
    const slug = await slugOf(id);
    assert.match(slug, slugPattern);
    assert.equal((await rename(id, '研发部')).status, 204);
    assert.equal(await slugOf(id), slug);
    assert.deepEqual(await found('研发部'), [id]);
    assert.equal((await rename(id, 'Research')).status, 204);
    assert.equal(await slugOf(id), 'research');
  });

  it('[12.2] cannot change to that of another group, whose slug the refusal names', async () => {
    const [first, second] = [(await create('Продажи')).body, (await create('研发部')).body];
    const { status, body } = await rename(second.id, 'Продажи');
    assert.deepEqual([status, body.slug], [400, [`The slug "${await slugOf(first.id)}" is already in use.`]]);
    assert.deepEqual(await found('研发部'), [second.id]);
  });

  it('[12.2] means a team whose slug was chosen by a person, as before', async () => {
    const body = { name: 'Backend team', slug: 'backend' };
    const { body: team } = await server.request('POST', `/api/0/organizations/${org.slug}/teams/`, { token: org.owner.token, body });
    assert.deepEqual([await found('Backend'), await found('BACKEND')], [[team.id], [team.id]]);
    assert.equal((await create('Backend')).status, 409);
    assert.deepEqual(await found('Backend team'), []);
  });

  it('[12.2] names one group if three requests create it at once', async () => {
    const statuses = (await Promise.all([create('研发部'), create('研发部'), create('研发部')])).map(({ status }) => status);
    assert.deepEqual(statuses.sort(), [201, 409, 409]);
  });
});
