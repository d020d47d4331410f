import assert from 'node:assert/strict';
import { type Instances, startInstances } from '../support/instances.ts';
import type { TestServer } from '../support/server.ts';

/** A race that is lost once in a few rounds shows in this number of them. */
const rounds = Number(process.env.ROUNDS ?? 20);

describe('external ids on two instances', function () {
  this.timeout(60_000 + rounds * 500);
  let instances: Instances;
  let servers: readonly [TestServer, TestServer];
  before(async () => {
    instances = await startInstances(2);
    servers = instances.servers as [TestServer, TestServer];
  });
  after(() => instances?.stop());

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
