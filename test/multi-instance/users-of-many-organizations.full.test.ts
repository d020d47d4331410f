import assert from 'node:assert/strict';
import { slownessNow } from '../support/cpu-time.ts';
import { eventually } from '../support/eventually.ts';
import { type InstanceProcesses, startInstanceProcesses } from '../support/instance-processes.ts';
import { withClient } from '../support/postgres.ts';
import { aPerson, type Person } from '../support/provision.ts';
import type { Api } from '../support/server.ts';

/** The most that an installation of a customer had. */
const organizationCount = 4_700;
/** Member records have the name within a minute, on a machine that does nothing else. */
const jobMsMax = 60_000;
/** A request records the change and its job, which changes the member records. */
const requestMsMax = 2_000;

describe(`a user of ${organizationCount} organizations`, function () {
  this.timeout(1_800_000);
  let processes: InstanceProcesses;
  let api: Api;
  let person: Person;

  before(async () => {
    processes = await startInstanceProcesses([{}, {}]);
    api = processes.instances[0]!.api;
    person = await aPerson(api);
    let begun = 0;
    const makeOneByOne = async () => {
      while (begun++ < organizationCount) {
        const { status } = await api.operate('POST', '/organizations/', { name: `Many ${begun}`, ownerId: person.userId });
        assert.equal(status, 201);
      }
    };
    await Promise.all(Array.from({ length: 8 }, makeOneByOne));
  });
  after(() => processes?.stop());

  const copiesOf = (name: string) =>
    withClient(processes.databaseUrl, async (client) => {
      const { rows } = await client.query(`SELECT count(*)::int AS count FROM members WHERE user_id = $1 AND user_copy->>'name' = $2`, [
        person.userId,
        name,
      ]);
      return rows[0].count as number;
    });

  it('has a new name everywhere within a minute after a fast request', async () => {
    const from = performance.now();
    assert.equal((await api.operate('PUT', `/users/${person.userId}/`, { name: 'Renamed' })).status, 200);
    const requestMs = performance.now() - from;
    await eventually(async () => assert.equal(await copiesOf('Renamed'), organizationCount), { timeoutMs: 900_000, intervalMs: 500 });
    const jobMs = performance.now() - from;
    const slowness = await slownessNow();
    assert.ok(requestMs <= requestMsMax * slowness, `the request took ${requestMs} ms`);
    assert.ok(jobMs <= jobMsMax * slowness, `the job took ${jobMs} ms`);
  });
});
