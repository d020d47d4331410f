import assert from 'node:assert/strict';
import { TestConnection } from '../../../client-sdk/src/testing/test-connection.ts';
import { TestOrganization } from '../../../client-sdk/src/testing/test-organization.ts';
import { systemTimers } from '../../../client-sdk/src/timers.ts';
import { slownessNow } from '../../support/cpu-time.ts';
import { aClient } from './a-client.ts';

const count = 3_000;
/**
 * The work must not grow with the square of the number of organizations: that would take half a
 * minute of processor time on an idle machine. The linear work takes some two seconds.
 */
const cpuMsMax = 12_000;
/** Long enough for quadratic work on a busy machine, so that the assertion fails. */
const timeoutMs = 250_000;

describe('a client that subscribes to 3,000 organizations', function () {
  this.timeout(300_000);

  it('has all replicas, and closes, with work in proportion to their number', async () => {
    const host = { step() {}, revoke() {}, newId: () => '' };
    const organizations = new Map(
      Array.from({ length: count }, (_, index) => [String(index + 1), new TestOrganization({ id: String(index + 1) }, host)]),
    );
    const slownessBefore = await slownessNow();
    const before = process.cpuUsage();
    const client = aClient(
      { now: () => performance.now(), timers: systemTimers, leaseMs: 60_000, organizations: 'all', recordsMax: count },
      (observer) => new TestConnection(observer, organizations),
    );
    await client.organizations.ready({ timeoutMs });
    await Promise.all(client.organizations.list.map(({ slug }) => client.organization(slug).ready({ timeoutMs })));
    client.close();
    const { user, system } = process.cpuUsage(before);
    const slowness = Math.max(slownessBefore, await slownessNow());
    assert.ok(user + system < cpuMsMax * slowness * 1_000, `it took ${Math.round((user + system) / 1_000)} ms of processor time`);
  });
});
