import assert from 'node:assert/strict';
import pg from 'pg';
import type { LogChange, OrgRecord } from '../../../protocol/src/index.ts';
import { eventually } from '../../support/eventually.ts';
import { logRevision } from '../../support/log-revision.ts';
import { readMetric } from '../../support/metrics.ts';
import { anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { WireReplica } from '../../support/wire-replica.ts';

describe('an instance beside a much newer one', () => {
  let server: TestServer;
  let client: pg.Client;
  let owner: Person;
  let org: ProvisionedOrg;

  before(async () => {
    server = await startServer();
    client = new pg.Client(server.config.databaseUrl!);
    await client.connect();
    owner = await aPerson(server);
    org = await anOrganizationOf(server, owner);
    await server.request('POST', `/api/0/organizations/${org.slug}/teams/`, { token: owner.token, body: { slug: 'first' } });
  });
  after(async () => {
    await client?.end();
    await server?.stop();
  });

  it('[H-37] [F3] forwards unknown fields, and checks replicas by the data that they received', async () => {
    const replicas = await Promise.all([1, 2].map(() => WireReplica.open(server.url, owner.token, org.slug)));
    const [first] = replicas as [WireReplica];
    const [team] = [...first.state.recordsOf('team').values()] as [OrgRecord];
    const newer = (fields: object) => ({ ...team, motto: 'of a newer version', ...fields }) as OrgRecord;
    const gadget = { id: '1', name: 'A record of an unknown kind' } as unknown as OrgRecord;
    const writes: LogChange[][] = [
      [{ kind: 'team', id: team.id, before: newer({}), after: newer({ name: 'Renamed' }) }],
      [{ kind: 'gadget', id: '1', before: null, after: gadget }],
      [
        { kind: 'gadget', id: '1', before: gadget, after: null },
        { kind: 'team', id: team.id, before: newer({ name: 'Renamed', more: 1 }), after: newer({ name: 'Again', more: [1] }) },
      ],
    ];
    for (const changes of writes) {
      const revision = await logRevision(client, org.id, changes);
      const late = await WireReplica.open(server.url, owner.token, org.slug);
      for (const replica of [...replicas, late]) {
        await replica.reach(revision);
        replica.ping();
        const pong = await eventually(() => {
          const frame = replica.frames.at(-1)!;
          assert.equal(frame.event, 'pong');
          assert.ok(frame.payload.orgs[org.id].revision >= revision, 'not yet');
          return frame.payload.orgs[org.id];
        });
        assert.deepEqual({ count: pong.count, sum: pong.sum }, replica.checksum());
      }
      late.close();
    }
    assert.deepEqual(first.state.get('team', team.id), newer({ name: 'Again', more: [1] }));
    assert.ok(!first.state.get('gadget', '1'), 'the audience of an unknown kind is unknown');
    for (const replica of replicas) replica.close();
    assert.equal(await readMetric(server, 'rollcall_resubscribes_total{reason="checksum"}'), 0);
  });
});
