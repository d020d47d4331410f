import assert from 'node:assert/strict';
import { connect } from '../../../client-sdk/src/index.ts';
import { eventually } from '../../support/eventually.ts';
import { anOrganizationOf, aPerson } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { assertSubscribed } from '../../support/service-subscriber.ts';

describe('a client with a service token', function () {
  this.timeout(120_000);
  let server: TestServer;

  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());

  it('subscribes to 150 organizations on one connection, whose settings change no decision', () =>
    assertSubscribed(server, { organizations: 150, liveWithinMs: 20_000, oneMoreWithinMs: 10_000, freshForMs: 6_000 }));

  it('subscribes only to the organizations that its function accepts, and ends the one with the most records beyond the limit', async () => {
    const owner = await aPerson(server);
    const [small, other, large] = [
      await anOrganizationOf(server, owner),
      await anOrganizationOf(server, owner),
      await anOrganizationOf(server, owner),
    ];
    const { body } = await server.operate('POST', '/service-tokens/', { name: 'back end', collections: ['teams'] });
    const followed = new Set([small.id, large.id]);
    using client = connect({ url: server.url, token: body.token, organizations: ({ id }) => followed.has(id), recordsMax: 3 });
    const soon = { signal: AbortSignal.timeout(10_000) };
    await client.organizations.ready(soon);
    const handle = client.organization(large.id);
    await Promise.all([handle.ready(soon), client.organization(small.id).ready(soon)]);
    assert.ok(client.organizations.list.some(({ id }) => id === other.id));
    for (const [org, slug] of [
      [large, 'a'],
      [large, 'b'],
      [large, 'c'],
      [small, 'd'],
    ] as const) {
      const { status } = await server.request('POST', `/api/0/organizations/${org.slug}/teams/`, { token: owner.token, body: { slug } });
      assert.equal(status, 201);
    }
    await eventually(() => assert.deepEqual([handle.status.phase, handle.status.reason], ['refused', 'too-many-records']));
    assert.equal(handle.can({ userId: owner.userId }, 'org:read').why, 'no-copy');
    assert.equal(client.organization(small.id).status.phase, 'live');
    assert.equal(client.organization(large.slug).status.phase, 'refused');
  });
});
