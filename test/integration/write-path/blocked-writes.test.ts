import assert from 'node:assert/strict';
import pg from 'pg';
import { eventually } from '../../support/eventually.ts';
import { readMetric } from '../../support/metrics.ts';
import { anOrganizationOf, aPerson, type ProvisionedOrg, revisionOf } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { WireReplica } from '../../support/wire-replica.ts';

/**
 * One command of each organization is admitted: together more than a server's connections for
 * commands.
 */
const organizations = 12;
const commandsOfEach = 3;

describe('commands that wait for each other', () => {
  let server: TestServer;
  let orgs: ProvisionedOrg[];
  let org: ProvisionedOrg;

  before(async () => {
    server = await startServer();
    const anOrganization = async () => anOrganizationOf(server, await aPerson(server));
    orgs = await Promise.all(Array.from({ length: organizations }, anOrganization));
    org = orgs[0]!;
  });
  after(() => server.stop());

  it('[R2] [F1] delay no subscription, no freshness check and no change by another writer', async () => {
    const early = await WireReplica.open(server.url, org.owner.token, org.slug);
    const locker = new pg.Client({ connectionString: server.config.databaseUrl! });
    await locker.connect();
    await locker.query('BEGIN');
    await locker.query('SELECT 1 FROM org_heads WHERE organization_id = ANY($1) FOR UPDATE', [orgs.map(({ id }) => id)]);
    const rename = ({ slug, owner }: ProvisionedOrg, name: string) =>
      server.request('PUT', `/api/0/organizations/${slug}/`, { token: owner.token, body: { name } });
    const writesOf = (each: ProvisionedOrg) => Array.from({ length: commandsOfEach }, (_, number) => rename(each, `Name ${number}`));
    const [writes, ...others] = orgs.map(writesOf);
    try {
      await assertUndisturbed(early);
    } finally {
      await locker.end();
    }
    const answers = await Promise.all(writes!);
    await Promise.all(others.flat());
    assert.ok(
      answers.some(({ status }) => status === 200),
      `responses: ${answers.map(({ status }) => status)}`,
    );
    const last = Math.max(...answers.filter(({ status }) => status === 200).map(revisionOf));
    await early.reach(last);
    early.close();
  });

  async function assertUndisturbed(early: WireReplica): Promise<void> {
    await eventually(async () =>
      assert.ok((await readMetric(server, 'rollcall_pool_connections{state="waiting"}')) > 0, 'no command waits'),
    );

    const late = await WireReplica.open(server.url, org.owner.token, org.slug);
    for (const replica of [early, late]) {
      replica.ping();
      await eventually(() => assert.equal(replica.frames.at(-1)?.event, 'pong'), { timeoutMs: 1_000 });
    }
    late.close();
  }
});
