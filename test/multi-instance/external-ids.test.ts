import assert from 'node:assert/strict';
import { type Instances, startInstances } from '../support/instances.ts';
import type { TestServer } from '../support/server.ts';

/** A race that is lost once in a few rounds shows in this number of them. */
const rounds = Number(process.env.ROUNDS ?? 8);

describe('external ids on two instances', function () {
  this.timeout(60_000 + rounds * 500);
  let instances: Instances;
  let servers: readonly [TestServer, TestServer];
  before(async () => {
    instances = await startInstances(2);
    servers = instances.servers as [TestServer, TestServer];
  });
  after(() => instances?.stop());

  it('name one organization, and one member, if both instances create them at the same time', async () => {
    const { body: owner } = await servers[0].operate('POST', '/users/', { email: 'owner@example.com' });
    const { body: user } = await servers[0].operate('POST', '/users/', { email: 'member@example.com' });
    for (let round = 0; round < rounds; round++) {
      const path = `/organizations/external:race-${round}/`;
      const send = (at: string, body: object) => Promise.all([...servers, ...servers].map((server) => server.operate('PUT', at, body)));
      for (const made of [
        await send(path, { name: 'Raced', slug: `raced-${round}`, ownerId: owner.id }),
        await send(`${path}members/${user.id}/`, { orgRole: 'manager' }),
      ]) {
        assert.deepEqual(made.map(({ status }) => status).sort(), [200, 200, 200, 201], `round ${round}`);
        assert.equal(new Set(made.map((one) => one.body.id)).size, 1);
      }
      assert.equal((await servers[0].operate('GET', `${path}state/`)).body.revision, 2, `round ${round}`);
    }
  });

  it('name one user if both instances create it at the same time', async () => {
    for (let round = 0; round < rounds; round++) {
      const path = `/users/external:race-${round}/`;
      const body = { email: `race-${round}@example.com`, name: 'Raced' };
      const made = await Promise.all([...servers, ...servers].map((server) => server.operate('PUT', path, body)));
      assert.deepEqual(made.map(({ status }) => status).sort(), [200, 200, 200, 201], `round ${round}`);
      assert.equal(new Set(made.map((one) => one.body.id)).size, 1);
    }
  });
});
