import assert from 'node:assert/strict';
import { connect } from '../../client-sdk/src/index.ts';
import type { Scope } from '../../protocol/src/index.ts';
import { generateHistory } from '../faults/generated-history.ts';
import { findHistory, writesOf } from '../support/history.ts';
import { type Instances, startInstances } from '../support/instances.ts';
import { addMember, anOrganizationOf, aPerson, revisionOf } from '../support/provision.ts';
import { sharedRedis } from '../support/redis.ts';
import { forEachSeed } from '../support/seeds.ts';
import { StreamReader } from '../support/stream-reader.ts';

/** The number of changes in the history. */
const changes = Number(process.env.CHANGES ?? 2_000);

describe('streams and replicas on two instances over a history', function () {
  this.timeout(30 * 60_000);
  let instances: Instances;
  before(async () => {
    instances = await startInstances(2, { redisUrl: (await sharedRedis()).url });
  });
  after(() => instances?.stop());

  it(`[15.1] have the same events for the same rights, over ${changes} changes with disconnects and a change of access`, async () => {
    const [server] = instances.servers;
    const narrow: readonly Scope[] = ['org:read', 'team:read'];
    const history = findHistory() ?? generateHistory(17, { orgs: ['made'], merges: 1_200, firstMembers: 400 });
    const writes = writesOf(history, changes);
    await forEachSeed(1, async (random) => {
      const org = await anOrganizationOf(server!, await aPerson(server!));
      const [manager, promoted, reader] = [await aPerson(server!), await aPerson(server!), await aPerson(server!, { scopes: narrow })];
      await addMember(server!, org, manager, 'manager');
      for (const person of [promoted, reader]) await addMember(server!, org, person, 'member');
      const readers = [org.owner, manager, promoted, reader].map((person) => new StreamReader(person, org, instances.servers, random));
      const clients = readers.map(({ person }) => connect({ url: random.pick(instances.servers).url, token: person.token }));
      const onAll = async (revision: number) => {
        // One step for each revision: a replica that lags joins changes.
        for (const { replica } of readers) await replica.waitFor(revision);
      };
      try {
        for (const [index, one] of readers.entries()) {
          one.replica = clients[index]!.organization(org.slug);
          await one.replica.ready();
          await one.begin();
        }
        let revision = 0;
        for (const [index, lines] of writes.entries()) {
          if (random.chance(0.2)) await random.pick(readers).reconnect();
          if (index === Math.floor(writes.length / 2)) {
            const path = `/api/0/organizations/${org.slug}/members/${promoted.memberId}/`;
            const change = await server!.request('PUT', path, { token: org.owner.token, body: { orgRole: 'manager' } });
            await onAll(revisionOf(change));
            await readers[2]!.beginAgain(revisionOf(change));
          }
          const at = random.pick(instances.servers);
          const imported = await at.request('POST', `/api/operator/organizations/${org.id}/import/`, {
            token: at.operatorToken,
            headers: { 'Content-Type': 'application/x-ndjson' },
            body: lines.join('\n'),
          });
          assert.equal(imported.status, 200, JSON.stringify(imported.body));
          revision = imported.body.revision;
          await onAll(revision);
          for (const one of readers) if (random.chance(0.3)) await one.reach(revision);
        }
        for (const one of readers) await one.reach(revision);
        const counts = [];
        for (const one of readers) counts.push((await one.assertSameEvents()).length);
        assert.ok(counts[0]! > changes / 2, `only ${counts[0]} events`);
        assert.ok(counts[3]! > 0 && counts[3]! < counts[0]!, 'a reader with fewer scopes got as many events');
      } finally {
        for (const client of clients) client[Symbol.dispose]();
        for (const one of readers) one.finish();
      }
    });
  });
});
