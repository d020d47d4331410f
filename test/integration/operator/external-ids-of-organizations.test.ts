import assert from 'node:assert/strict';
import { startServer, type TestServer } from '../../support/server.ts';

describe('organizations with an external id', () => {
  let server: TestServer;
  let ownerId: string;
  before(async () => {
    server = await startServer();
    ownerId = (await server.operate('POST', '/users/', { email: 'owner@example.com' })).body.id;
  });
  after(() => server?.stop());

  const put = (externalId: string, body: object) =>
    server.operate('PUT', `/organizations/external:${encodeURIComponent(externalId)}/`, body);
  const revisionOf = async (id: string) => (await server.operate('GET', `/organizations/${id}/state/`)).body.revision;

  it('[W1] exist after the first PUT in one revision, and are reached by that id on every path', async () => {
    const made = await put('crm/1', { name: 'First', slug: 'first', ownerId });
    assert.deepEqual([made.status, made.body.externalId, made.body.slug], [201, 'crm/1', 'first']);
    assert.equal(await revisionOf(made.body.id), 1);
    for (const segment of ['first', made.body.id, 'external:crm%2F1']) {
      assert.deepEqual((await server.operate('GET', `/organizations/${segment}/`)).body, made.body);
      assert.equal((await server.operate('GET', `/organizations/${segment}/plan/`)).status, 200);
    }
    assert.equal((await server.operate('GET', '/organizations/external:crm%2F2/')).status, 404);
    assert.equal((await server.operate('PUT', '/organizations/absent/', { name: 'Absent', ownerId })).status, 404);
    assert.deepEqual((await put('incomplete', {})).body, { name: ['This field is required.'], ownerId: ['This field is required.'] });
    assert.equal((await put('one', { name: 'One', ownerId, externalId: 'other' })).status, 400);
  });

  it('[W3] stay as they are after the same PUT again, without a revision', async () => {
    const body = { name: 'Same', slug: 'same', ownerId };
    const made = await put('same', body);
    const again = await put('same', body);
    assert.deepEqual([again.status, again.body, await revisionOf(made.body.id)], [200, made.body, 1]);
  });

  it('[W1] get another name, slug and id in one revision', async () => {
    const made = await put('crm-old', { name: 'Before', ownerId });
    const changed = await put('crm-old', { name: 'After', slug: 'after', externalId: 'crm-new' });
    assert.deepEqual([changed.status, changed.body.name, changed.body.slug, changed.body.externalId], [200, 'After', 'after', 'crm-new']);
    const { revision, records } = (await server.operate('GET', `/organizations/${made.body.id}/state/`)).body;
    assert.equal(revision, 2);
    assert.doesNotMatch(JSON.stringify(records), /externalId|crm-/, 'members do not see external ids');
    assert.equal((await server.operate('GET', '/organizations/external:crm-old/')).status, 404);
    assert.equal((await server.operate('PUT', '/organizations/after/', { externalId: null })).body.externalId, null);
    assert.equal(await revisionOf(made.body.id), 3, 'the audit log has an entry');
  });

  it('never have the id of another organization', async () => {
    const [first] = [await put('taken', { name: 'Taken', ownerId }), await put('own', { name: 'Own', ownerId })];
    const { status, body } = await put('own', { externalId: 'taken' });
    assert.deepEqual([status, body], [409, { detail: 'An organization with this externalId already exists.' }]);
    assert.equal((await server.operate('POST', '/organizations/', { name: 'Third', ownerId, externalId: 'taken' })).status, 409);
    assert.equal(
      (await put('third', { name: 'Third', slug: first!.body.slug, ownerId })).status,
      400,
      'an organization is not found by the slug',
    );
  });

  it('appear in a search by that id, page by page', async () => {
    const ids: string[] = [];
    for (const letter of ['A', 'B', 'C']) ids.push((await put(`search:${letter}`, { name: `Search ${letter}`, ownerId })).body.id);
    const search = async (query: string) =>
      (await server.operate('GET', `/organizations/?query=${encodeURIComponent(query)}`)).body.map(({ id }: { id: string }) => id);
    assert.deepEqual(await search('externalId:search:B externalId:search:C'), ids.slice(1));
    assert.deepEqual(await search('SEARCH status:active'), ids);
    assert.deepEqual(await search('slug:search-a'), [ids[0]]);
    assert.deepEqual(await search('status:gone'), []);
    const page = await server.operate('GET', '/organizations/?query=search&per_page=2');
    assert.equal(page.body.length, 2);
    const [, rest] = /<[^>]*\/api\/operator([^>]*)>; rel="next"; results="true"/.exec(page.headers.get('link')!)!;
    assert.deepEqual(
      (await server.operate('GET', rest!)).body.map(({ id }: { id: string }) => id),
      [ids[2]],
    );
  });
});
