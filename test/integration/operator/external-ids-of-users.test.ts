import assert from 'node:assert/strict';
import { eventually } from '../../support/eventually.ts';
import { mailsTo } from '../../support/mailbox.ts';
import { anOrganizationOf, aPerson, nextNumber } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';

describe('users with an external id', () => {
  let server: TestServer;
  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());

  const put = (externalId: string, body: object) => server.operate('PUT', `/users/external:${encodeURIComponent(externalId)}/`, body);
  const anEmail = () => `external-${nextNumber()}@example.com`;
  const headOf = async (orgId: string) =>
    (await server.services.db.selectFrom('org_heads').select('revision').where('organization_id', '=', orgId).executeTakeFirstOrThrow())
      .revision;
  const emailsOf = (id: string) =>
    server.services.db.selectFrom('user_emails').select(['email', 'is_verified', 'verified_at']).where('user_id', '=', id).execute();

  it('exist after the first PUT, and are found under both ids', async () => {
    const email = anEmail();
    const made = await put('auth0|1/2?3', { email, name: 'One' });
    assert.deepEqual([made.status, made.body.externalId, made.body.email, made.body.name], [201, 'auth0|1/2?3', email, 'One']);
    assert.deepEqual(await emailsOf(made.body.id), [{ email, is_verified: true, verified_at: null }]);
    for (const segment of [made.body.id, 'external:auth0%7C1%2F2%3F3']) {
      assert.deepEqual((await server.operate('GET', `/users/${segment}/`)).body, made.body);
    }
    assert.equal((await server.operate('GET', '/users/external:AUTH0%7C1%2F2%3F3/')).status, 404, 'ids differ by case');
    assert.equal((await put('no-address', {})).body.email[0], 'This field is required.');
    assert.equal((await put('a', { email: anEmail(), externalId: 'b' })).status, 400);
  });

  it('[W3] stay as they are after the same PUT again, without a revision', async () => {
    const body = { email: anEmail(), name: 'Same', isActive: true };
    const made = await put('same', body);
    const person = { userId: made.body.id, email: body.email, token: '', tokenId: '', memberId: null };
    const created = await server.operate('POST', '/organizations/', { name: 'Same', ownerId: person.userId });
    const before = [await headOf('0'), await headOf(created.body.id)];
    const again = await put('same', body);
    assert.deepEqual([again.status, again.body], [200, made.body]);
    assert.deepEqual([await headOf('0'), await headOf(created.body.id)], before);
    const kept = await put('same', {});
    assert.deepEqual([kept.status, kept.body], [200, made.body], 'absent fields stay');
  });

  it('never have the id of another user, and can give their id and address to another user once they have others', async () => {
    const [first, second] = [await put('first', { email: anEmail() }), await put('second', { email: anEmail() })];
    const taken = await server.operate('PUT', `/users/${second.body.id}/`, { externalId: 'first' });
    assert.deepEqual([taken.status, taken.body], [409, { detail: 'A user with this externalId already exists.' }]);
    assert.equal((await server.operate('POST', '/users/', { email: anEmail(), externalId: 'first' })).status, 409);
    assert.equal((await put('second', { email: first.body.email.toUpperCase() })).status, 409);
    assert.equal((await put('third', { email: first.body.email })).status, 409, 'a user is not found by the address');
    assert.equal((await server.operate('PUT', `/users/${first.body.id}/`, { externalId: null, email: anEmail() })).body.externalId, null);
    const moved = await server.operate('PUT', `/users/${second.body.id}/`, { externalId: 'first', email: first.body.email });
    assert.deepEqual([moved.status, moved.body.externalId, moved.body.email], [200, 'first', first.body.email]);
  });

  it('appear in a search by that id, page by page', async () => {
    const ids: string[] = [];
    for (const letter of ['A', 'B', 'C']) {
      ids.push((await put(`search:${letter}`, { email: anEmail(), name: `Search ${letter}` })).body.id);
    }
    const search = async (query: string) => {
      const { status, body } = await server.operate('GET', `/users/?query=${encodeURIComponent(query)}`);
      assert.equal(status, 200, JSON.stringify(body));
      return body.map(({ id }: { id: string }) => id);
    };
    assert.deepEqual(await search('externalId:search:B'), [ids[1]]);
    assert.deepEqual(await search('externalId:search:A externalId:search:C'), [ids[0], ids[2]]);
    assert.deepEqual(await search('externalId:search:b'), []);
    assert.deepEqual(await search('SEARCH a'), [ids[0]]);
    assert.deepEqual(await search('search isActive:false'), []);
    assert.deepEqual(await search(`id:${ids[2]}`), [ids[2]]);
    assert.deepEqual(await search('password:x'), []);
    const seen: string[] = [];
    for (let next: string | null = '/users/?query=search&per_page=2'; next !== null; ) {
      const page = await server.operate('GET', next);
      seen.push(...page.body.map(({ id }: { id: string }) => id));
      const link: RegExpExecArray | null = /<[^>]*\/api\/operator([^>]*)>; rel="next"; results="true"/.exec(page.headers.get('link')!);
      next = link && link[1]!;
    }
    assert.deepEqual(seen, ids);
  });

  it('[H-13] get a new address that is verified, while the former one is mailed and loses its links', async () => {
    const [former, email] = [anEmail(), anEmail()];
    const { body: user } = await put('moving', { email: former, password: 'long enough' });
    const person = await aPerson(server);
    const org = await anOrganizationOf(server, person);
    await server.operate('POST', `/organizations/${org.id}/members/`, { userId: user.id });
    await server.request('POST', '/api/0/auth/password-reset/', { body: { email: former } });
    assert.equal((await put('moving', { email })).status, 200);
    assert.deepEqual(await emailsOf(user.id), [{ email, is_verified: true, verified_at: null }]);
    const links = await server.services.db.selectFrom('email_tokens').selectAll().where('user_id', '=', user.id).execute();
    assert.deepEqual(links, []);
    const [mail] = await mailsTo(server, former, 'Your account was changed');
    assert.match(mail!.text, /The primary email address of your account was changed/);
    const { records } = (await server.operate('GET', `/organizations/${org.id}/state/`)).body;
    assert.ok(records.some(({ record }: { record: { email?: string } }) => record.email === email));
    const spelled = await put('moving', { email: email.toUpperCase() });
    assert.equal(spelled.body.email, email.toUpperCase());
    assert.equal((await emailsOf(user.id)).length, 1);
  });

  it('[13.17] lose the id when they are erased, and are not erased as the only owner', async () => {
    const { body: user } = await put('leaving', { email: anEmail() });
    const { body: org } = await server.operate('POST', '/organizations/', { name: 'Left', ownerId: user.id });
    const erase = () => server.operate('DELETE', '/users/external:leaving/?mode=erase');
    const refused = await erase();
    assert.deepEqual([refused.status, refused.headers.get('x-sentry-error')], [409, 'last-owner']);
    assert.match(refused.body.detail, new RegExp(`only owner of ${org.slug}`));
    await server.operate('DELETE', `/organizations/${org.id}/`);
    assert.equal((await erase()).status, 202);
    await eventually(async () => assert.equal((await erase()).status, 404));
    assert.equal((await put('leaving', { email: anEmail() })).status, 201, 'the id is free');
  });
});
