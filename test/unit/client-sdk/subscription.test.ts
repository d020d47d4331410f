import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import type { RollcallClient } from '../../../client-sdk/src/client.ts';
import type { ConnectionObserver } from '../../../client-sdk/src/connection.ts';
import { TestConnection } from '../../../client-sdk/src/testing/test-connection.ts';
import { TestOrganization } from '../../../client-sdk/src/testing/test-organization.ts';
import { TestTime } from '../../../client-sdk/src/testing/test-time.ts';
import { aClient } from './a-client.ts';

const leaseMs = 15_000;
const pingMs = leaseMs / 3;

describe('the lease of a subscription whose server is frozen', () => {
  let client: RollcallClient;
  let time: TestTime;
  /** The time for which the machine slept: the clock includes it, timers don't. */
  let sleptMs: number;
  let changes: string[];

  beforeEach(async () => {
    time = new TestTime();
    sleptMs = 0;
    changes = [];
    const acme = new TestOrganization({ id: '1', slug: 'acme' }, { step() {}, revoke() {}, newId: () => '' });
    let connection!: TestConnection;
    client = aClient({ now: () => time.now() + sleptMs, timers: time, leaseMs }, (observer) => {
      connection = new TestConnection(observer, new Map([['1', acme]]));
      return connection;
    });
    const org = client.organization('acme');
    await org.ready();
    connection.freeze();
    org.subscribe(() => changes.push(org.status.phase));
  });
  afterEach(() => client.close());

  it('[F2] the end of the lease is reported within one ping interval after the machine slept', () => {
    sleptMs = 60_000;
    time.pass(pingMs);
    assert.deepEqual(changes, ['stale']);
  });

  it('listeners are called once, when the lease ends', () => {
    for (let waits = 0; waits < 3; waits++) time.pass(pingMs);
    assert.deepEqual(changes, []);
    time.pass(1);
    time.pass(pingMs);
    assert.deepEqual(changes, ['stale']);
  });
});

describe('a subscription whose frames wait for the next tick', () => {
  it('[A2] a revocation ends it at once, since a hidden page waits up to a minute for a timer', async () => {
    const time = new TestTime();
    const acme = new TestOrganization({ id: '1', slug: 'acme' }, { step() {}, revoke() {}, newId: () => '' });
    let observer!: ConnectionObserver;
    // Each look at the clock takes so long that a pause follows each frame.
    let lookedMs = 0;
    const now = () => {
      lookedMs += 10;
      return time.now() + lookedMs;
    };
    const client = aClient({ now, timers: time, leaseMs }, (given) => {
      observer = given;
      return new TestConnection(given, new Map([['1', acme]]));
    });
    const org = client.organization('acme');
    await setImmediate();
    time.pass(0);
    assert.equal(org.state.organization?.slug, 'acme');
    observer.frame('revoked', { org: '1', revision: acme.revision + 1, reason: 'removed' });
    assert.deepEqual([org.status.phase, org.state.organization], ['revoked', null]);
    client.close();
  });
});
