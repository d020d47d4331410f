import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { silentMsMax } from '../../server/src/receipts/instance-registry.ts';
import { eventually } from '../support/eventually.ts';
import { sharedPostgres, type TestDatabase } from '../support/postgres.ts';
import { type StartedProcess, startProcess } from '../support/process.ts';
import { anOrganizationOf, aPerson, nextNumber, type ProvisionedOrg } from '../support/provision.ts';
import { readReceipt } from '../support/receipts.ts';
import { sharedRedis } from '../support/redis.ts';
import { makeTemporaryDirectory } from '../support/run-directory.ts';
import { type Api, apiOf } from '../support/server.ts';
import { WireReplica } from '../support/wire-replica.ts';

interface Instance {
  readonly process: StartedProcess;
  readonly url: string;
  readonly api: Api;
}

describe('a receipt of three processes', function () {
  this.timeout(120_000);
  let database: TestDatabase;
  let instances: Instance[];
  let org: ProvisionedOrg;

  before(async () => {
    database = await (await sharedPostgres()).createDatabase();
    const environment = {
      PORT: '0',
      DATABASE_URL: database.url,
      REDIS_URL: (await sharedRedis()).url,
      SECRET: randomBytes(24).toString('hex'),
      OPERATOR_TOKEN: randomBytes(24).toString('hex'),
    };
    instances = await Promise.all(['one', 'frozen', 'killed'].map((name) => start({ ...environment, INSTANCE_ID: name })));
    const { api } = instances[0]!;
    org = await anOrganizationOf(api, await aPerson(api));
  });
  after(async () => {
    await Promise.all((instances ?? []).map(({ process }) => process.kill('SIGKILL')));
    await database?.drop();
  });

  async function start(environment: Record<string, string> & { OPERATOR_TOKEN: string }): Promise<Instance> {
    const process = startProcess(['start'], { ...environment, DATA_DIR: makeTemporaryDirectory('data') });
    const [, url] = await process.waitForLine(/is ready on (\S+)/, 30_000);
    const api = apiOf(url!, environment.OPERATOR_TOKEN);
    await eventually(async () => assert.equal((await api.operate('GET', '/health/')).body.bus, 'redis'));
    return { process, url: url!, api };
  }

  async function receiptOfWrite(wait: number) {
    const { owner, slug } = org;
    const options = { token: owner.token, body: { slug: `team-${nextNumber()}` }, headers: { Prefer: `wait=${wait}` } };
    const created = await instances[0]!.api.request('POST', `/api/0/organizations/${slug}/teams/`, options);
    assert.equal(created.status, 201, JSON.stringify(created.body));
    const { outcome, instances: reported, missing = 0 } = readReceipt(created)!;
    return `${outcome} ${reported}/${reported + missing}`;
  }

  it('[1.6] misses a frozen instance, which the log names, until it continues', async () => {
    const [one, frozen] = instances as [Instance, Instance];
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
    await instances[2]!.process.kill('SIGKILL');
    assert.equal(await receiptOfWrite(0.2), 'partial 2/3');
    await eventually(async () => assert.equal(await receiptOfWrite(1), 'complete 2/2'), { timeoutMs: 2 * silentMsMax });
    const tookMs = performance.now() - killedAt;
    assert.ok(tookMs > 15_000, `after ${tookMs} ms, leases have not run out yet`);
  });

  it('[1.6] does not miss an instance that was stopped', async () => {
    await instances[1]!.process.kill('SIGTERM');
    assert.equal(await receiptOfWrite(10), 'complete 1/1');
  });
});
