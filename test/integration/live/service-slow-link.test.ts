import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { connect } from '../../../client-sdk/src/index.ts';
import { TcpLink } from '../../faults/links/tcp-link.ts';
import { eventually } from '../../support/eventually.ts';
import { readMetric } from '../../support/metrics.ts';
import { anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';

/** Their list has some 4 MB, more than the kernel and the server hold for a slow client. */
const organizations = 20_000;
/** The link forwards at most 64 KiB ten times a second. */
const bytesPerSecond = 655_360;
const patient = { timeoutMs: 60_000 };

describe('a service behind a slow link', function () {
  this.timeout(180_000);
  let server: TestServer;
  let link: TcpLink;
  let owner: Person;
  let org: ProvisionedOrg;
  let token: string;

  before(async () => {
    server = await startServer();
    link = await TcpLink.open({ target: () => Number(new URL(server.url).port) });
    link.bytesPerSecond = bytesPerSecond;
    owner = await aPerson(server);
    org = await anOrganizationOf(server, owner);
    token = (await server.operate('POST', '/service-tokens/', { name: 'back end' })).body.token;
    await sql`INSERT INTO organizations (id, slug, name, status, default_role, avatar_type, flags, settings, date_created)
      SELECT 1000000 + n, 'listed-' || n, repeat('Name', 16), status, default_role, avatar_type, flags, settings, date_created
      FROM organizations, generate_series(1, ${organizations}::int) AS n WHERE id = ${org.id}`.execute(server.services.db);
  });
  after(async () => {
    await link?.close();
    await server?.stop();
  });

  const rename = async (name: string) => {
    const { status, body } = await server.request('PUT', `/api/0/organizations/${org.slug}/`, { token: owner.token, body: { name } });
    assert.equal(status, 200, JSON.stringify(body));
  };

  it('[R9] receives the whole list of 20,000 organizations, and the last of many changes, and stays connected', async () => {
    using client = connect({ url: `http://127.0.0.1:${link.port}`, token, organizations: ({ id }) => id === org.id });
    const phases: string[] = [];
    client.on('status', ({ after }) => phases.push(after.phase));
    await client.organizations.ready(patient);
    assert.deepEqual([client.organizations.list.length, client.organizations.hasMore], [organizations + 1, false]);
    await client.organization(org.id).ready(patient);

    let unsentMax = 0;
    const nameShown = () => client.organizations.list.find(({ id }) => id === org.id)?.name;
    const shown = new Set<string | undefined>();
    client.organizations.subscribe(() => shown.add(nameShown()));
    for (let number = 1; number <= 50; number++) {
      await rename(`Name ${number}`);
      unsentMax = Math.max(unsentMax, await readMetric(server, 'rollcall_unsent_bytes'));
    }
    await eventually(() => assert.equal(nameShown(), 'Name 50'), patient);
    assert.deepEqual([phases, await readMetric(server, 'rollcall_goodbyes_total{reason="slow"}')], [['connected'], 0]);
    assert.ok(unsentMax < 1024 * 1024, `${unsentMax} bytes`);
    assert.ok(shown.size < 25, `${shown.size} lists`);
  });
});
