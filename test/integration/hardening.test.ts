import assert from 'node:assert/strict';
import { anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../support/provision.ts';
import { startServer, type TestServer } from '../support/server.ts';

/** What nobody sends by accident: each of these once made the server fail, or say too much. */
describe('hostile requests', () => {
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

  const get = (path: string) => server.request('GET', `/api/0${path}`, { token: owner.token });

  it('[1.3] finds nothing for a search key that every object has', async () => {
    for (const list of ['members', 'teams', 'projects']
      .map((name) => `/organizations/${org.slug}/${name}/`)
      .concat('/organizations/', '/projects/')) {
      for (const key of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
        const { status, body } = await get(`${list}?query=${key}:x`);
        assert.deepEqual({ status, body }, { status: 200, body: [] }, `${list} ${key}`);
      }
    }
  });
});
