import assert from 'node:assert/strict';
import { connect } from '../../../client-sdk/src/index.ts';
import { eventually } from '../../support/eventually.ts';
import { anOrganizationOf, aPerson, type ProvisionedOrg } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { WireReplica } from '../../support/wire-replica.ts';

const subscriptionsMax = 100;

describe('the limit of subscriptions on one connection', () => {
  let server: TestServer;
  let token: string;
  const orgs: ProvisionedOrg[] = [];
  const soon = () => ({ signal: AbortSignal.timeout(20_000) });

  before(async () => {
    server = await startServer();
    const owner = await aPerson(server);
    token = owner.token;
    for (let made = 0; made <= subscriptionsMax; made++) orgs.push(await anOrganizationOf(server, owner));
  });
  after(() => server?.stop());

  it('[R11] the client ends the 101st subscription alone with an error, and the 100 others stay live', async () => {
    using client = connect({ url: server.url, token, leaseMs: 1_500, whenStale: 'fail-closed' });
    const phases: string[] = [];
    client.on('status', ({ after }) => phases.push(after.phase));
    const handles = orgs.slice(0, subscriptionsMax).map(({ id }) => client.organization(id));
    await Promise.all(handles.map((handle) => handle.ready(soon())));
    const stale: string[] = [];
    for (const handle of handles) handle.on('status', ({ after }) => void (after.fresh || stale.push(after.phase)));

    const last = client.organization(orgs[subscriptionsMax]!.id);
    await assert.rejects(last.ready(soon()), { code: 'limit-reached' });
    assert.deepEqual([last.status.phase, last.status.reason], ['refused', 'too-many-subscriptions']);
    const { userId } = orgs[0]!.owner;
    assert.deepEqual(last.can({ userId }, 'org:read'), { allowed: false, why: 'no-copy', revision: null, fresh: false });

    const { revision } = await handles[0]!.createTeam({ slug: 'builders' });
    await handles[0]!.waitFor(revision, soon());
    // Twice the lease after the refusal, every replica must have been confirmed again.
    const confirmedAt = performance.now() + 2 * 1_500;
    await eventually(() => assert.ok(performance.now() > confirmedAt, 'not yet'));
    assert.deepEqual([stale, phases], [[], ['connected']]);
    assert.ok(handles.every((handle) => handle.status.phase === 'live' && handle.can({ userId }, 'org:read').allowed));

    handles.pop()!.close();
    await client.organization(orgs[subscriptionsMax]!.id).ready(soon());
  });

  it('a client that subscribes again to an organization at the limit is not refused', async () => {
    const replica = await WireReplica.connect(server.url, token);
    for (const { id } of orgs.slice(0, subscriptionsMax)) replica.socket.emit('subscribe', { org: id }, () => {});
    const modeOf = (org: string) => replica.socket.timeout(5_000).emitWithAck('subscribe', { org }) as Promise<unknown>;
    assert.deepEqual(await modeOf(orgs[subscriptionsMax]!.id), { mode: 'refused', reason: 'too-many-subscriptions' });
    assert.equal(((await modeOf(orgs[0]!.id)) as { mode: string }).mode, 'snapshot');
    replica.socket.disconnect();
  });
});
