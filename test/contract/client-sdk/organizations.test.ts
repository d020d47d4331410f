import assert from 'node:assert/strict';
import { connect, type RollcallClient } from '@rollcall/client';
import { eventually } from '../../support/eventually.ts';
import { anOrganization } from '../../unit/client-sdk/records.ts';
import { TinyServer } from './tiny-server.ts';

const listed = (id: string, name = 'Name') => ({ id, slug: `org-${id}`, name, status: 'active', orgRole: 'member' });

describe('the list of organizations (against a tiny server)', () => {
  let server: TinyServer;
  let client: RollcallClient;

  beforeEach(async () => {
    server = await TinyServer.open(anOrganization());
    server.organizations = [listed('1'), listed('2')];
    client = connect({ url: server.url, token: 'secret' });
  });
  afterEach(async () => {
    client.close();
    await server.close();
  });

  it('the list is requested at its first use only', async () => {
    await client.organization('acme').ready();
    assert.equal(server.organizationsAsked, 0);
    await client.organizations.ready();
    assert.deepEqual([client.organizations.list, client.organizations.isLive], [server.organizations, true]);
    assert.equal(server.organizationsAsked, 1);
  });

  it('the list is requested again after a loss, and emits what changed in between', async () => {
    const events: string[] = [];
    client.organizations.on('gained', ({ organization }) => events.push(`gained ${organization.id}`));
    client.organizations.on('lost', ({ organization }) => events.push(`lost ${organization.id}`));
    client.organizations.on('changed', ({ before, after }) => events.push(`${before.name} is ${after.name}`));
    await client.organizations.ready();
    assert.deepEqual(events, []);
    server.organizations = [listed('2', 'New'), listed('3')];
    server.hangUp();
    await eventually(() => assert.deepEqual(events, ['lost 1', 'Name is New', 'gained 3']));
  });

  it('the list is requested again until it arrives', async () => {
    server.organizationsWithheld = 2;
    await client.organizations.ready();
    assert.equal(server.organizationsAsked, 3);
  });

  it('the client reconnects for the list alone after the server closed the connection', async () => {
    await client.organizations.ready();
    server.goodbye('draining', [0, 1]);
    await eventually(() => assert.equal(server.organizationsAsked, 2));
  });

  it('a list of 1,000 is marked as possibly incomplete, and search returns the rest page by page', async () => {
    server.organizations = Array.from({ length: 999 }, (_, index) => listed(String(index + 1)));
    await client.organizations.ready();
    assert.equal(client.organizations.hasMore, false);
    server.organizations = [...server.organizations, listed('1000')];
    server.hangUp();
    await eventually(() => assert.equal(client.organizations.list.length, 1_000));
    assert.equal(client.organizations.hasMore, true);
    server.answerRest = (request, response) => {
      const isLast = request.url!.includes('cursor=second');
      const link = `<${server.url}>; rel="next"; results="${!isLast}"; cursor="second"`;
      response.writeHead(200, { 'Content-Type': 'application/json', Link: link });
      response.end(JSON.stringify([listed(isLast ? '1001' : '1000')]));
    };
    const { rows, next } = await client.organizations.search();
    const rest = await client.organizations.search({ cursor: next! });
    assert.deepEqual([[...rows, ...rest.rows].map(({ id }) => id), rest.next], [['1000', '1001'], null]);
  });

  it('the list of a service with exactly 1,000 organizations is complete', async () => {
    server.organizations = Array.from({ length: 1_000 }, (_, index) => listed(String(index + 1)));
    server.listExtra = { part: 0, parts: 1 };
    await client.organizations.ready();
    assert.deepEqual([client.organizations.list.length, client.organizations.hasMore], [1_000, false]);
  });

  it('the list is empty on a closed client', async () => {
    client.close();
    assert.deepEqual(client.organizations.list, []);
    await assert.rejects(client.organizations.ready(), { code: 'aborted' });
  });
});
