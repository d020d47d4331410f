import assert from 'node:assert/strict';
import { silentMsMax } from '../../server/src/receipts/instance-registry.ts';
import { eventually } from '../support/eventually.ts';
import { type InstanceProcess, type InstanceProcesses, startInstanceProcesses } from '../support/instance-processes.ts';
import { anOrganizationOf, aPerson, nextNumber, type ProvisionedOrg } from '../support/provision.ts';
import { readReceipt } from '../support/receipts.ts';
import { WireReplica } from '../support/wire-replica.ts';

describe('a receipt of three processes', function () {
  this.timeout(120_000);
  let servers: InstanceProcesses;
  let org: ProvisionedOrg;

  before(async () => {
    servers = await startInstanceProcesses(['one', 'frozen', 'killed'].map((name) => ({ INSTANCE_ID: name })));
    const { api } = servers.instances[0]!;
    org = await anOrganizationOf(api, await aPerson(api));
  });
  after(() => servers?.stop());

  async function receiptOfWrite(wait: number) {
    const { owner, slug } = org;
    const options = { token: owner.token, body: { slug: `team-${nextNumber()}` }, headers: { Prefer: `wait=${wait}` } };
    const created = await servers.instances[0]!.api.request('POST', `/api/0/organizations/${slug}/teams/`, options);
    assert.equal(created.status, 201, JSON.stringify(created.body));
    const { outcome, instances: reported, missing = 0 } = readReceipt(created)!;
    return `${outcome} ${reported}/${reported + missing}`;
  }

  it('[1.6] misses a frozen instance, which the log names, until it continues', async () => {
    const [one, frozen] = servers.instances as [InstanceProcess, InstanceProcess];
    // A feed for the organization on the instance that freezes.
    const replica = await WireReplica.open(frozen.url, org.owner.token, org.slug);
    assert.equal(await receiptOfWrite(10), 'complete 3/3');
    process.kill(frozen.process.pid, 'SIGSTOP');
    try {
      assert.equal(await receiptOfWrite(0.5), 'partial 2/3');
      await eventually(() => assert.match(one.process.stdout, /"missing":\["frozen"\]/));
    } finally {
      process.kill(frozen.process.pid, 'SIGCONT');
    }
    assert.equal(await receiptOfWrite(10), 'complete 3/3');
    replica.close();
  });

  it('[1.6] [F2] misses a killed instance until the leases of its clients have run out', async () => {
    const killedAt = performance.now();
    await servers.instances[2]!.process.kill('SIGKILL');
    assert.equal(await receiptOfWrite(0.2), 'partial 2/3');
    await eventually(async () => assert.equal(await receiptOfWrite(1), 'complete 2/2'), { timeoutMs: 2 * silentMsMax });
    const tookMs = performance.now() - killedAt;
    assert.ok(tookMs > 15_000, `after ${tookMs} ms, leases have not run out yet`);
  });

  it('[1.6] does not miss an instance that was stopped', async () => {
    await servers.instances[1]!.process.kill('SIGTERM');
    assert.equal(await receiptOfWrite(10), 'complete 1/1');
  });
});
