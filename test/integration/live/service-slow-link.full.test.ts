import assert from 'node:assert/strict';
import { connect } from '../../../client-sdk/src/index.ts';
import { TcpLink } from '../../faults/links/tcp-link.ts';
import { eventually } from '../../support/eventually.ts';
import { aPerson } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { createOrganizations } from '../../support/service-subscriber.ts';

/** Their pongs have two pieces. */
const organizations = 2_000;
const owners = 4;
/** Three times what their pongs take. The link forwards at most 64 KiB ten times a second. */
const bytesPerSecond = 655_360;
const freshForMs = 20_000;
/** docs/operating/access.md states about 100. */
const bytesPerOrganizationMax = 150;

describe('a service with 2,000 organizations over a slow link', function () {
  this.timeout(600_000);
  let server: TestServer;
  let link: TcpLink;
  let received = 0;

  before(async () => {
    server = await startServer();
    const inspect = () => ({
      down(chunk: Buffer) {
        received += chunk.length;
        return [chunk];
      },
    });
    link = await TcpLink.open({ target: () => Number(new URL(server.url).port), inspect });
  });
  after(async () => {
    await link?.close();
    await server?.stop();
  });

  it('[R9] keeps all of them live, with one connection and the bandwidth that is documented', async () => {
    const ids: string[] = [];
    for (let owner = 0; owner < owners; owner++)
      ids.push(...(await createOrganizations(server, await aPerson(server), organizations / owners)));
    const { body } = await server.operate('POST', '/service-tokens/', { name: 'back end' });
    link.bytesPerSecond = bytesPerSecond;
    using client = connect({ url: `http://127.0.0.1:${link.port}`, token: body.token, organizations: 'all' });
    const phases: string[] = [];
    client.on('status', ({ after }) => phases.push(after.phase));
    await client.organizations.ready({ timeoutMs: 60_000 });
    const handles = ids.map((id) => client.organization(id));
    await Promise.all(handles.map((handle) => handle.ready({ timeoutMs: 120_000 })));
    await eventually(
      () =>
        assert.ok(
          handles.every(({ status }) => status.phase === 'live'),
          'not all live',
        ),
      { timeoutMs: 60_000 },
    );

    const stale: string[] = [];
    for (const handle of handles) handle.on('status', ({ after }) => void (after.fresh || stale.push(after.phase)));
    const receivedBefore = received;
    const startedAt = performance.now();
    await eventually(() => assert.ok(performance.now() > startedAt + freshForMs, 'not yet'), { timeoutMs: freshForMs + 10_000 });
    const perSecond = ((received - receivedBefore) / (performance.now() - startedAt)) * 1_000;
    assert.deepEqual([stale, phases], [[], ['connected']]);
    const bytes = Math.round(perSecond / organizations);
    console.log(`      ${bytes} bytes a second per organization`);
    assert.ok(bytes < bytesPerOrganizationMax, `${bytes} bytes a second`);
  });
});
