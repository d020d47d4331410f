import assert from 'node:assert/strict';
import { DnsServer } from '../support/dns-server.ts';
import { aDomain, aVerifiedDomain, callDomains, domainsPath, verifyDomain } from '../support/domains.ts';
import { type Instances, startInstances } from '../support/instances.ts';
import { ageLogin, aLoggedInMember, anOrgWithOwner, type OrgWithOwner } from '../support/logged-in.ts';
import { addMember, aPerson, nextNumber } from '../support/provision.ts';
import { addAuthProvider, bindSession, linkIdentity } from '../support/security-records.ts';
import type { RequestOptions, TestServer } from '../support/server.ts';

describe('the routes of domains', () => {
  let instances: Instances;
  let server: TestServer;
  let other: TestServer;
  let dns: DnsServer;
  let org: OrgWithOwner;
  let others: OrgWithOwner;
  let name: string;

  before(async () => {
    dns = await DnsServer.start();
    instances = await startInstances(2, { environment: { DNS_SERVERS: dns.address } });
    [server, other] = instances.servers as [TestServer, TestServer];
  });
  after(async () => {
    await instances?.stop();
    await dns?.[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    org = await anOrgWithOwner(server);
    others = await anOrgWithOwner(server);
    name = `company-${nextNumber()}.example`;
  });

  async function callAll(options: RequestOptions, slug: string, id: string) {
    const calls = [
      ['GET', '', undefined],
      ['POST', '', { domain: `new.${name}`, role: 'owned' }],
      ['POST', `${id}/verify/`, undefined],
      ['PUT', `${id}/`, { role: 'affiliated' }],
      ['DELETE', `${id}/`, undefined],
    ] as const;
    const found: number[] = [];
    for (const [method, below, body] of calls) {
      const { status, body: shown } = await server.request(method, domainsPath({ slug }, below), {
        ...options,
        ...(body === undefined ? {} : { body: options.body ?? body }),
      });
      assert.ok(!JSON.stringify(shown).includes('verification='), `${method} shows a challenge`);
      found.push(status);
    }
    return found;
  }

  async function assertUnchanged(id: string): Promise<void> {
    const { body } = await callDomains(server, org, 'GET');
    assert.deepEqual(
      body.map((domain: { id: string; role: string; status: string }) => [domain.id, domain.role, domain.status]),
      [[id, 'owned', 'pending']],
    );
  }

  it('[S-58] refuse callers without a credential, strangers, owners of other organizations and roles below owner', async () => {
    const { id } = await aDomain(server, org, name);
    const queries = dns.queries;
    assert.deepEqual(await callAll({}, org.slug, id), [401, 401, 401, 401, 401]);
    assert.deepEqual(await callAll({ token: (await aPerson(server)).token }, org.slug, id), [403, 403, 403, 403, 403]);
    assert.deepEqual(await callAll({ cookie: others.cookie }, org.slug, id), [403, 403, 403, 403, 403]);
    for (const role of ['manager', 'admin', 'member'] as const) {
      const { cookie } = await aLoggedInMember(server, org, role);
      assert.deepEqual(await callAll({ cookie }, org.slug, id), [403, 403, 403, 403, 403], role);
    }
    await assertUnchanged(id);
    assert.equal(dns.queries, queries, 'a refused caller caused a look-up');
  });

  it('[S-58] find no domain of another organization', async () => {
    const { id } = await aDomain(server, org, name);
    const queries = dns.queries;
    const own = { cookie: others.cookie };
    for (const one of [id, '0', 'x', '9'.repeat(18), '9'.repeat(40)]) {
      const verify = await server.request('POST', domainsPath(others, `${one}/verify/`), own);
      const put = await server.request('PUT', domainsPath(others, `${one}/`), { ...own, body: { role: 'affiliated' } });
      const gone = await server.request('DELETE', domainsPath(others, `${one}/`), own);
      assert.deepEqual([verify.status, put.status, gone.status], [404, 404, 404], one);
    }
    await assertUnchanged(id);
    assert.equal(dns.queries, queries);
  });

  it('[S-58] require a full session with a recent login for changes', async () => {
    const { id } = await aDomain(server, org, name);
    const owner = await aPerson(server);
    await addMember(server, org, owner, 'owner');
    const scopes = ['org:admin', 'org:write', 'org:read'];
    const orgToken = await server.operate('POST', `/organizations/${org.id}/tokens/`, { name: 'all', scopes });
    for (const token of [owner.token, orgToken.body.token]) {
      for (const [method, below] of [
        ['POST', ''],
        ['POST', `${id}/verify/`],
        ['PUT', `${id}/`],
        ['DELETE', `${id}/`],
      ] as const) {
        assert.equal((await server.request(method, domainsPath(org, below), { token, body: { role: 'affiliated' } })).status, 403);
      }
    }
    const linked = await aLoggedInMember(server, org, 'owner');
    await addAuthProvider(server, org.id);
    await bindSession(server, linked.cookie, await linkIdentity(server, org.id, linked), { isSsoSession: true });
    const bySso = await server.request('POST', domainsPath(org), { cookie: linked.cookie, body: { domain: `new.${name}`, role: 'owned' } });
    assert.deepEqual([bySso.status, bySso.body.detail?.code], [403, 'full-login-required'], JSON.stringify(bySso.body));
    await assertUnchanged(id);
    await ageLogin(server, org.cookie);
    const old = await callDomains(server, org, 'DELETE', `${id}/`);
    assert.deepEqual([old.status, old.body.detail.code], [401, 'sudo-required']);
  });

  it('[S-58] do not read a body of 8 MB', async () => {
    const body = JSON.stringify({ domain: 'x'.repeat(8 * 1024 * 1024), role: 'owned' });
    const stranger = await aPerson(server);
    assert.equal((await server.request('POST', domainsPath(org), { token: stranger.token, body })).status, 403);
    const { status } = await server.request('POST', domainsPath(org), { cookie: org.cookie, body });
    assert.ok(status === 400 || status === 413, String(status));
  });

  it('[S-58] do not verify a domain by the challenge of another organization', async () => {
    const mine = await aDomain(server, org, name);
    const theirs = await aDomain(server, others, name);
    assert.notEqual(mine.challenge.value, theirs.challenge.value);
    assert.equal(mine.challenge.name, theirs.challenge.name);
    dns.setTxt(mine.challenge.name, mine.challenge.value);
    const refused = await verifyDomain(server, others, theirs);
    assert.deepEqual([refused.body.lookup, refused.body.status], ['missing', 'pending']);
    assert.equal((await verifyDomain(server, org, mine)).body.status, 'verified');
    // Both records may be there at the same time. Any number of organizations may be affiliated.
    dns.setTxt(mine.challenge.name, mine.challenge.value, theirs.challenge.value);
    const second = await verifyDomain(server, others, theirs);
    assert.deepEqual([second.status, second.body.detail], [409, 'Another organization owns this domain.']);
    const changed = await callDomains(server, others, 'PUT', `${theirs.id}/`, { role: 'affiliated' });
    assert.equal(changed.status, 200);
    assert.equal((await verifyDomain(server, others, theirs)).body.status, 'verified');
    const again = await callDomains(server, others, 'PUT', `${theirs.id}/`, { role: 'owned' });
    assert.equal(again.status, 409);
    // It can be owned once the other organization gives it up.
    await callDomains(server, org, 'DELETE', `${mine.id}/`);
    assert.equal((await callDomains(server, others, 'PUT', `${theirs.id}/`, { role: 'owned' })).status, 200);
  });

  it('[S-58] let one of two organizations own a domain that both verify at once on two instances', async () => {
    for (let round = 0; round < 5; round++) {
      const domain = `${round}.${name}`;
      const mine = await aDomain(server, org, domain);
      const theirs = await aDomain(other, others, domain);
      dns.setTxt(mine.challenge.name, mine.challenge.value, theirs.challenge.value);
      const answers = await Promise.all([verifyDomain(server, org, mine), verifyDomain(other, others, theirs)]);
      assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 409]);
      const owners = await server.services.db
        .selectFrom('verified_domains')
        .select('organization_id')
        .where('domain', '=', domain)
        .where('status', '=', 'verified')
        .execute();
      assert.deepEqual(owners, [{ organization_id: answers[0]!.status === 200 ? org.id : others.id }]);
    }
  });

  it('[S-58] treat a name that looks like another one as a different domain', async () => {
    const real = `pp-${nextNumber()}`;
    const lookAlike = `\u0440\u0440-${real.slice(3)}`;
    await aVerifiedDomain(server, dns, org, `${real}.example`);
    const theirs = await aDomain(server, others, `${lookAlike}.example`);
    assert.match(theirs.domain, /^xn--/);
    dns.setTxt(`_rollcall-challenge.${theirs.domain}`, theirs.challenge.value);
    assert.equal((await verifyDomain(server, others, theirs)).body.status, 'verified');
    const same = await callDomains(server, others, 'POST', '', { domain: theirs.domain.toUpperCase(), role: 'owned' });
    assert.equal(same.status, 409, 'the ASCII form is the same domain');
  });
});
