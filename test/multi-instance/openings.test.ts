import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.ts';
import { type InstanceProcess, type InstanceProcesses, startInstanceProcesses } from '../support/instance-processes.ts';
import { anOrganizationOf, aPerson, type Person, type ProvisionedOrg, revisionOf } from '../support/provision.ts';
import { WireReplica } from '../support/wire-replica.ts';

/** Several batches of feeds, so that some are open and others wait when the instance is killed. */
const organizationCount = 150;
const createdAtOnce = 10;

describe('two instances whose subscribers open many organizations at once', function () {
  // Creating the organizations takes most of it on a busy machine.
  this.timeout(240_000);
  let servers: InstanceProcesses;
  let one: InstanceProcess;
  let other: InstanceProcess;
  let owner: Person;
  const orgs: ProvisionedOrg[] = [];

  before(async () => {
    servers = await startInstanceProcesses([{}, {}]);
    [one, other] = servers.instances as [InstanceProcess, InstanceProcess];
    owner = await aPerson(one.api);
    while (orgs.length < organizationCount) {
      orgs.push(...(await Promise.all(Array.from({ length: createdAtOnce }, () => anOrganizationOf(one.api, owner)))));
    }
  });
  after(() => servers?.stop());

  const rename = ({ slug }: ProvisionedOrg, name: string) =>
    other.api.request('PUT', `/api/0/organizations/${slug}/`, { token: owner.token, body: { name } });

  it('[R10] [R12] lose nothing if one is killed at that moment, because all subscribers open again at the other', async () => {
    const left = await Promise.all(orgs.map(() => WireReplica.connect(one.url, owner.token)));
    const opening = left.map((replica, index) => replica.subscribe(orgs[index]!.slug).catch(() => null));
    await Promise.race(opening);
    const [, renamed] = await Promise.all([one.process.kill('SIGKILL'), rename(orgs[0]!, 'Renamed while it was killed')]);
    await Promise.all(opening);
    await eventually(() =>
      assert.ok(
        left.every(({ socket }) => !socket.connected),
        'not yet',
      ),
    );

    const replicas = await Promise.all(orgs.map(({ slug }) => WireReplica.open(other.url, owner.token, slug)));
    assert.ok(replicas[0]!.revision >= revisionOf(renamed), `it is at ${replicas[0]!.revision}`);
    const sample = [0, 1, 100, 101, organizationCount - 1];
    for (const index of sample) await replicas[index]!.reach(revisionOf(await rename(orgs[index]!, `Renamed ${index}`)));
    for (const [index, replica] of replicas.entries()) {
      assert.equal(replica.state.organization?.id, orgs[index]!.id);
      assert.ok(replica.state.memberOfUser(owner.userId));
      replica.check();
      replica.close();
    }
  });
});
