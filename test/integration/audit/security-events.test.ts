import assert from 'node:assert/strict';
import { securityEventNames } from '../../../protocol/src/index.ts';
import type { RestSecurityEvent } from '../../../protocol/src/rest/index.ts';
import { from, trustTests } from '../../support/address-lists.ts';
import { eventually } from '../../support/eventually.ts';
import { type Account, anAccount, cookieOf, goodPassword, logIn } from '../../support/log-in.ts';
import { addMember, anOrganizationOf, aPerson, type ProvisionedOrg } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';

const office = '203.0.113.9';
const elsewhere = '198.51.100.7';

describe('security events', () => {
  let server: TestServer;
  let since: string;

  before(async () => {
    server = await startServer(trustTests);
  });
  after(() => server?.stop());
  beforeEach(async () => {
    since = await latest();
  });

  const read = async (query: string): Promise<{ rows: RestSecurityEvent[]; next: string }> => {
    const { status, body } = await server.operate('GET', `/security-events/?${query}`);
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  };
  async function latest(from = '0'): Promise<string> {
    const { rows, next } = await read(`after=${from}&limit=1000`);
    return rows.length === 0 ? next : latest(next);
  }
  /** The events since the test began, once at least these are stored. */
  const events = (query: string, count = 1): Promise<RestSecurityEvent[]> =>
    eventually(async () => {
      const { rows } = await read(`after=${since}&${query}`);
      assert.ok(rows.length >= count, `${rows.length} events of ${query}`);
      return rows;
    });
  const shown = ({ event, kind, outcome, caller, target }: RestSecurityEvent) =>
    [event, kind, outcome, caller && `${caller.kind}:${caller.id}`, target && `${target.kind}:${target.id}`] as const;

  describe('logins', () => {
    let account: Account;
    beforeEach(async () => {
      account = await anAccount(server);
    });
    const attempt = (password: string, address = office) =>
      server.request('POST', '/api/0/auth/login/', {
        body: { username: account.email, password },
        headers: { ...from(address), 'X-Request-Id': 'login-1' },
      });

    it('[V16.3.1] cause events with their outcome, the address and the user, whom a failure does not name', async () => {
      assert.equal((await attempt('not the password')).status, 401);
      assert.equal((await attempt(goodPassword)).status, 200);
      const [failed, succeeded] = await events('event=login', 2);
      assert.deepEqual(shown(failed!), ['login', 'password', 'failure', null, null]);
      assert.deepEqual([failed!.address, failed!.requestId, failed!.organization], [office, 'login-1', null]);
      assert.deepEqual(shown(succeeded!), ['login', 'password', 'success', `user:${account.id}`, null]);
      assert.ok(!JSON.stringify([failed, succeeded]).includes(account.email));
    });

    it('record the change of the password, and the end of the session', async () => {
      const cookie = await logIn(server, account);
      const password = 'another good password';
      const changed = await server.request('PUT', '/api/0/auth/password/', {
        cookie,
        body: { password: goodPassword, passwordNew: password },
      });
      const session = changed.status < 300 ? (changed.headers.get('set-cookie') ? cookieOf(changed) : cookie) : cookie;
      assert.ok((await server.request('POST', '/api/0/auth/logout/', { cookie: session })).status < 300);
      const [ended] = await events('event=session.end');
      assert.deepEqual([ended!.kind, ended!.caller?.id, ended!.target?.id], ['own', account.id, ended!.caller?.credential?.id]);
    });
  });

  it('[V16.3.2] record refusals with 401 and 403, with the caller and the organization', async () => {
    const org = await anOrganizationOf(server, await aPerson(server));
    const outsider = await aPerson(server);
    const path = `/api/0/organizations/${org.slug}/`;
    assert.equal((await server.request('GET', path, { headers: from(elsewhere) })).status, 401);
    assert.equal((await server.request('GET', path, { token: 'invented', headers: from(elsewhere) })).status, 401);
    assert.equal((await server.request('GET', path, { token: outsider.token, headers: from(elsewhere) })).status, 403);
    const refused = (await events('event=refusal', 3)).slice(-3);
    assert.deepEqual(refused.map(shown), [
      ['refusal', 'unauthenticated', 'failure', null, null],
      ['refusal', 'unauthenticated', 'failure', null, null],
      ['refusal', 'forbidden', 'failure', `user:${outsider.userId}`, null],
    ]);
    const { address, organization, caller } = refused[2]!;
    assert.deepEqual([address, organization, caller?.credential], [elsewhere, org.id, { kind: 'token', id: outsider.tokenId }]);
  });

  it('record the networks from which a token is used, each once', async () => {
    const person = await aPerson(server);
    const use = (address: string) => server.request('GET', '/api/0/organizations/', { token: person.token, headers: from(address) });
    for (const address of [office, office, '203.0.113.200', elsewhere]) assert.equal((await use(address)).status, 200);
    const found = await events(`event=token.new-network&caller=${person.userId}`, 2);
    assert.deepEqual(
      found.map(({ target }) => target?.id),
      ['203.0.113.0/24', '198.51.100.0/24'],
    );
  });

  describe('the list of an organization', () => {
    let org: ProvisionedOrg;
    beforeEach(async () => {
      org = await anOrganizationOf(server, await aPerson(server));
    });
    const list = (query = '', token = org.owner.token) =>
      server.request('GET', `/api/0/organizations/${org.slug}/security-events/?${query}`, { token });

    it('[11.2] has the events of the organization, newest first, with filters and cursors', async () => {
      for (const slug of ['a', 'b', 'c'])
        await server.request('POST', `/api/0/organizations/${org.slug}/teams/`, { token: org.owner.token, body: { slug } });
      await events(`organization=${org.id}&event=organization.change`, 6);
      const { body, headers } = await list('event=organization.change&per_page=2');
      assert.deepEqual(body.options, securityEventNames);
      assert.equal(body.rows.length, 2);
      assert.ok(body.rows[0].id > body.rows[1].id || body.rows[0].dateCreated >= body.rows[1].dateCreated, 'newest first');
      const next = /cursor="([^"]+)"$/.exec(headers.get('link')!)![1]!;
      const second = await list(`event=organization.change&per_page=2&cursor=${next}`);
      const ids = [...body.rows, ...second.body.rows].map(({ id }: RestSecurityEvent) => id);
      assert.equal(new Set(ids).size, 4);
      assert.equal((await list('outcome=failure&event=organization.change')).body.rows.length, 0);
      assert.equal(
        (await list(`caller=${org.owner.userId}&per_page=100`)).body.rows.every(
          ({ caller }: RestSecurityEvent) => caller?.id === org.owner.userId,
        ),
        true,
      );
      assert.deepEqual((await list('address=192.0.2.1')).body.rows, []);
      assert.deepEqual((await list('start=2100-01-01')).body.rows, []);
      assert.equal((await list('outcome=perhaps')).status, 400);
      assert.equal((await list('start=yesterday')).status, 400);
    });

    it('[11.2] has no event of another organization, or of none', async () => {
      const other = await anOrganizationOf(server, await aPerson(server));
      await server.request('POST', `/api/0/organizations/${other.slug}/teams/`, { token: other.owner.token, body: { slug: 'x' } });
      await events(`organization=${other.id}&event=organization.change`);
      const { body } = await list('per_page=100');
      assert.ok(body.rows.every(({ organization }: RestSecurityEvent) => organization === org.id));
    });
  });

  it('[11.2] a reader who continues with `next` gets every event once, in the order of the ids', async () => {
    const person = await aPerson(server);
    for (let made = 0; made < 5; made++) await server.operate('POST', `/users/${person.userId}/tokens/`, { scopes: ['org:read'] });
    const all = await events('event=token.create', 6);
    const seen: string[] = [];
    for (let at = since; ; ) {
      const { rows, next } = await read(`after=${at}&limit=2&event=token.create`);
      if (rows.length === 0) {
        assert.equal(next, at);
        break;
      }
      seen.push(...rows.map(({ id }) => id));
      at = next;
    }
    assert.deepEqual(
      seen,
      all.map(({ id }) => id),
    );
    assert.equal((await server.operate('GET', '/security-events/?after=x')).status, 400);
    assert.equal((await server.operate('GET', '/security-events/?limit=1001')).status, 400);
    assert.equal((await server.operate('GET', '/security-events/?organization=unknown-one')).status, 404);
  });

  it('[V16.2.1] [V16.3.3] the events alone suffice for five questions about an incident', async () => {
    const owner = await anAccount(server);
    const cookie = await logInFrom(owner, office);
    const org = await anOrganizationOf(
      server,
      { userId: owner.id, email: owner.email, token: '', tokenId: '', memberId: null },
      { cookie },
    );
    const victim = await aPerson(server);
    await addMember(server, org, victim, 'member');
    const intruder = await aPerson(server);

    // The intruder tries, the operator makes a service token, and the owner makes one and removes
    // the member.
    const path = `/api/0/organizations/${org.slug}/`;
    for (const below of ['', 'members/', 'teams/'])
      await server.request('GET', `${path}${below}`, { token: intruder.token, headers: from(elsewhere) });
    const service = await server.operate('POST', '/service-tokens/', { name: 'intruders service' });
    const scopes = ['org:read', 'member:admin'];
    const made = await server.request('POST', '/api/0/api-tokens/', { cookie, body: { name: 'mine', scopes }, headers: from(office) });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    const removed = await server.request('DELETE', `${path}members/${victim.memberId}/`, {
      token: made.body.token,
      headers: { ...from(elsewhere), 'X-Request-Id': 'removal-1' },
    });
    assert.equal(removed.status, 204);

    // The creator of a token.
    const [creation] = (await events('event=token.create&caller=bootstrap')).filter(({ target }) => target?.id === service.body.id);
    assert.deepEqual([creation?.kind, creation?.caller?.kind, creation?.caller?.id], ['service', 'operator', 'bootstrap']);
    const [personal] = await events(`event=token.create&caller=${owner.id}`);
    assert.deepEqual(
      [personal?.target, personal?.address, personal?.caller?.credential?.kind],
      [{ kind: 'token', id: made.body.id }, office, 'session'],
    );
    // The address of a login.
    const [login] = await events(`event=login&caller=${owner.id}`);
    assert.deepEqual([login?.outcome, login?.address], ['success', office]);
    // The removal of a member.
    const [removal] = (await events(`event=organization.change&organization=${org.id}&caller=${owner.id}`)).filter(
      ({ kind }) => kind === 'member.remove',
    );
    assert.deepEqual(
      [removal?.caller?.id, removal?.target, removal?.address, removal?.requestId],
      [owner.id, { kind: 'user', id: victim.userId }, elsewhere, 'removal-1'],
    );
    const networks = await events(`event=token.new-network&caller=${owner.id}`);
    assert.equal(networks[0]?.caller?.credential?.id, made.body.id, 'the token was used from elsewhere');
    // The refusals before it.
    const refusals = await events(`event=refusal&organization=${org.id}`, 3);
    const before = refusals.filter(({ id }) => BigInt(id) < BigInt(removal!.id));
    assert.deepEqual(
      before.map(({ caller, address, kind }) => [caller?.id, address, kind]),
      Array(3).fill([intruder.userId, elsewhere, 'forbidden']),
    );
    // The acts of the operator.
    const acts = await events('event=operator.act&caller=bootstrap&limit=1000');
    assert.deepEqual(
      acts.map(({ kind }) => kind),
      [
        'createUser',
        'createOrganizationFor',
        'createUser',
        'createTokenOfUser',
        'addMember',
        'createUser',
        'createTokenOfUser',
        'createServiceToken',
      ],
    );
  });

  async function logInFrom({ email }: Account, address: string): Promise<string> {
    return cookieOf(
      await server.request('POST', '/api/0/auth/login/', { body: { username: email, password: goodPassword }, headers: from(address) }),
    );
  }
});
