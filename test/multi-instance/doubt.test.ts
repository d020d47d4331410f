import assert from 'node:assert/strict';
import type { Bus } from '../../server/src/bus/bus.ts';
import { anOrganizationOf, aPerson, nextNumber, revisionOf } from '../support/provision.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { WireReplica } from '../support/wire-replica.ts';

const rounds = 10;

describe('doubt about the bus', () => {
  let server: TestServer;
  const doubters = new Set<() => void>();
  before(async () => {
    server = await startServer({}, { wrapBus: loseEverything });
  });
  after(() => server?.stop());

  /** A bus that never tells anything, and raises doubt when the test says so. */
  function loseEverything(inner: Bus): Bus {
    return {
      status: inner.status,
      publish: async () => {},
      subscribe: (orgId, listener) => inner.subscribe(orgId, listener),
      say: async () => {},
      hear: async () => ({ async [Symbol.asyncDispose]() {} }),
      onDoubt(listener) {
        doubters.add(listener);
        return { [Symbol.dispose]: () => void doubters.delete(listener) };
      },
      close: () => inner.close(),
    };
  }

  it('[R3] has the log looked at right away, and not at the next sweep', async () => {
    const owner = await aPerson(server);
    const org = await anOrganizationOf(server, owner);
    const replica = await WireReplica.follow(server.url, owner.token, org.slug);
    let held: (own: number) => void = () => {};
    replica.onHeld = () => held(replica.own);

    async function changeAndWait(afterwards: () => void): Promise<number> {
      let tookMs = 0;
      for (let round = 0; round < rounds; round++) {
        const body = { slug: `team-${nextNumber()}` };
        const created = await server.request('POST', `/api/0/organizations/${org.slug}/teams/`, { token: owner.token, body });
        const startedAt = performance.now();
        const arrived = new Promise<void>((resolve) => {
          held = (own) => own >= revisionOf(created) && resolve();
          held(replica.own);
        });
        afterwards();
        await arrived;
        tookMs += performance.now() - startedAt;
      }
      return tookMs;
    }

    const bySweep = await changeAndWait(() => {});
    const byDoubt = await changeAndWait(() => {
      for (const doubter of doubters) doubter();
    });
    replica.check();
    replica.close();
    assert.ok(byDoubt < bySweep / 2, `${rounds} changes took ${byDoubt} ms, and by the sweep ${bySweep} ms`);
  });
});
