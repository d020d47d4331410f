import assert from 'node:assert/strict';
import { verifiedDomainsOf } from '../../../server/src/database/security/verified-domains.ts';
import { domainSweep } from '../../../server/src/features/single-sign-on/commands/domains/domain-sweep.ts';
import { DnsServer } from '../../support/dns-server.ts';
import {
  aDomain,
  ageChecks,
  aVerifiedDomain,
  callDomains,
  checkDomain,
  domainsPath,
  putDomain,
  verifyDomain,
} from '../../support/domains.ts';
import { eventually } from '../../support/eventually.ts';
import { anOrgWithOwner, type OrgWithOwner } from '../../support/logged-in.ts';
import { mailsTo } from '../../support/mailbox.ts';
import { nextNumber, revisionOf } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { WireReplica } from '../../support/wire-replica.ts';

describe('the domains of an organization', () => {
  let server: TestServer;
  let dns: DnsServer;
  let org: OrgWithOwner;
  let name: string;

  before(async () => {
    dns = await DnsServer.start();
    server = await startServer({ DNS_SERVERS: dns.address });
  });
  after(async () => {
    await server?.stop();
    await dns?.[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    org = await anOrgWithOwner(server);
    name = `company-${nextNumber()}.example`;
    dns.mode = 'ok';
  });

  const statusOf = async (id: string) => {
    const { body } = await callDomains(server, org, 'GET');
    return body.find((domain: { id: string }) => domain.id === id);
  };

  it('[13.6] take effect by a TXT record, live, and each change makes one revision and one audit entry', async () => {
    const replica = await WireReplica.open(server.url, { cookie: org.cookie }, org.slug);
    const added = await callDomains(server, org, 'POST', '', { domain: `${name.toUpperCase()}.`, role: 'affiliated' });
    assert.equal(added.status, 201, JSON.stringify(added.body));
    const { id, challenge, ...domain } = added.body;
    assert.deepEqual([domain.domain, domain.role, domain.status, domain.dateVerified], [name, 'affiliated', 'pending', null]);
    assert.deepEqual([challenge.name, challenge.type], [`_rollcall-challenge.${name}`, 'TXT']);
    assert.match(challenge.value, /^rollcall-domain-verification=[A-Z2-7]{32}$/);
    assert.deepEqual((await callDomains(server, org, 'GET')).body, [added.body]);

    const before = revisionOf(added);
    const missing = await verifyDomain(server, org, { id });
    assert.deepEqual([missing.status, missing.body.lookup, missing.body.status], [200, 'missing', 'pending']);
    assert.equal(revisionOf(missing), before, 'a missing record made a revision');

    const half = challenge.value.length / 2;
    dns.setTxt(challenge.name, 'v=spf1 -all', [challenge.value.slice(0, half), challenge.value.slice(half)]);
    const found = await verifyDomain(server, org, { id });
    assert.deepEqual([found.status, found.body.lookup, found.body.status], [200, 'found', 'verified']);
    assert.equal(revisionOf(found), before + 1);
    assert.equal(revisionOf(await verifyDomain(server, org, { id })), before + 1);
    const changed = await callDomains(server, org, 'PUT', `${id}/`, { role: 'owned' });
    assert.deepEqual([changed.status, changed.body.role, changed.body.status], [200, 'owned', 'verified']);
    await replica.reach(before + 2);
    const { challenge: _challenge, dateChecked: _checked, missingSince: _missing, ...record } = changed.body;
    assert.deepEqual(replica.records().get(`verified-domain/${id}`), record);

    const gone = await callDomains(server, org, 'DELETE', `${id}/`);
    assert.deepEqual([gone.status, revisionOf(gone)], [204, before + 3]);
    await replica.reach(before + 3);
    replica.close();
    const { body } = await server.operate('GET', `/organizations/${org.id}/state/`);
    const entries = body.records
      .filter(({ kind }: { kind: string }) => kind === 'audit-entry')
      .map(({ record: entry }: { record: { event: string; note: string } }) => [entry.event, entry.note]);
    assert.deepEqual(entries.slice(-4), [
      ['domain.add', `added domain ${name}`],
      ['domain.verify', `verified domain ${name}`],
      ['domain.edit', `changed the role of domain ${name} from affiliated to owned`],
      ['domain.remove', `removed domain ${name}`],
    ]);
  });

  it('[13.6] refuse the same domain twice, texts that are not domains, and more than 100 domains', async () => {
    await aDomain(server, org, name);
    const again = await callDomains(server, org, 'POST', '', { domain: name, role: 'affiliated' });
    assert.deepEqual([again.status, again.body.detail], [409, 'The organization already has this domain.']);
    const wrong = await callDomains(server, org, 'POST', '', { domain: 'localhost', role: 'parent' });
    assert.equal(wrong.status, 400);
    assert.deepEqual(wrong.body, { domain: ['Enter a domain name, such as example.com.'], role: ['"parent" is not a valid choice.'] });
    // Only the last is added by a request, because each takes a transaction.
    const rows = Array.from({ length: 99 }, (_, index) => ({
      id: String(8_000_000 + nextNumber()),
      organization_id: org.id,
      domain: `${index}.${name}`,
      role: 'affiliated',
      status: 'pending',
      date_created: new Date().toISOString(),
    }));
    await server.services.db.insertInto('verified_domains').values(rows).execute();
    const many = await callDomains(server, org, 'POST', '', { domain: `more.${name}`, role: 'affiliated' });
    assert.deepEqual([many.status, many.body.detail], [400, 'An organization has at most 100 domains.']);
  });

  it('[13.6] refuse the domain of a public mail provider with the reason, in any form, but not a subdomain of a company', async () => {
    for (const [domain, found] of [
      ['gmail.com', 'gmail.com'],
      [' GMail.COM. ', 'gmail.com'],
      ['yahoo.co.uk', 'yahoo.co.uk'],
      ['ｏｕｔｌｏｏｋ.com', 'outlook.com'],
    ] as const) {
      const refused = await callDomains(server, org, 'POST', '', { domain, role: 'affiliated' });
      const reason = `Anyone can get an address of ${found}, because it belongs to a public mail provider. Enter a domain of your organization.`;
      assert.deepEqual([refused.status, refused.body], [400, { domain: [reason] }]);
    }
    assert.deepEqual((await callDomains(server, org, 'GET')).body, []);
    const own = await callDomains(server, org, 'POST', '', { domain: `gmail.com.${name}`, role: 'affiliated' });
    assert.equal(own.status, 201, JSON.stringify(own.body));
  });

  it('[13.6] keep a domain of a public mail provider that was verified before', async () => {
    await putDomain(server, org.id, 'gmail.com', { role: 'affiliated' });
    const { body } = await callDomains(server, org, 'GET');
    assert.deepEqual([body[0].domain, body[0].status], ['gmail.com', 'verified']);
    assert.equal((await callDomains(server, org, 'PUT', `${body[0].id}/`, { role: 'owned' })).status, 200);
    assert.equal((await callDomains(server, org, 'DELETE', `${body[0].id}/`)).status, 204);
  });

  it('[13.6] cause at most ten look-ups an hour, also if the domain is added again', async () => {
    const { id } = await aDomain(server, org, name);
    for (let time = 1; time <= 9; time++) assert.equal((await verifyDomain(server, org, { id })).status, 200);
    await callDomains(server, org, 'DELETE', `${id}/`);
    const again = await aDomain(server, org, name);
    assert.equal((await verifyDomain(server, org, again)).status, 200);
    const queries = dns.queries;
    const limited = await verifyDomain(server, org, again);
    assert.equal(limited.status, 429);
    assert.ok(Number(limited.headers.get('retry-after')) > 0);
    assert.equal(dns.queries, queries);
  });

  it('[W5] return the first response of a check again, without a look-up, for the same Idempotency-Key', async () => {
    const { id } = await aDomain(server, org, name);
    const headers = { 'Idempotency-Key': `check ${id}` };
    const check = () => server.request('POST', domainsPath(org, `${id}/verify/`), { cookie: org.cookie, headers });
    const first = await check();
    assert.deepEqual([first.status, first.body.lookup], [200, 'missing']);
    for (let time = 2; time <= 10; time++) await verifyDomain(server, org, { id });
    assert.equal((await verifyDomain(server, org, { id })).status, 429);
    const queries = dns.queries;
    const again = await check();
    assert.deepEqual([again.status, again.body, dns.queries], [200, first.body, queries]);
  });

  it('[S-58] lapse when the record is missing for 8 days, and the owners are mailed', async () => {
    const { id, challenge } = await aVerifiedDomain(server, dns, org, name);
    const holders = () => verifiedDomainsOf(server.services.db, name);
    assert.deepEqual(await holders(), [{ orgId: org.id, role: 'owned' }]);
    dns.setTxt(challenge.name, 'another record');
    await checkDomain(server, id);
    const missing = await statusOf(id);
    assert.deepEqual([missing.status, typeof missing.missingSince], ['verified', 'string']);
    await checkDomain(server, id, { days: 6 });
    assert.equal((await statusOf(id)).status, 'verified');
    await checkDomain(server, id, { days: 2 });
    assert.equal((await statusOf(id)).status, 'lapsed');
    assert.deepEqual(await holders(), []);
    const [mail] = await mailsTo(server, org.owner.email);
    assert.match(mail!.text, /missing for 7 days/);
    // Only its owner verifies it again.
    dns.setTxt(challenge.name, challenge.value);
    await checkDomain(server, id);
    assert.equal((await statusOf(id)).status, 'lapsed');
    assert.equal((await verifyDomain(server, org, { id })).body.status, 'verified');
    assert.deepEqual(await holders(), [{ orgId: org.id, role: 'owned' }]);
  });

  it('[S-58] do not change while DNS is unavailable, however long', async () => {
    const { id, challenge } = await aVerifiedDomain(server, dns, org, name);
    dns.setTxt(challenge.name);
    dns.mode = 'servfail';
    const before = await statusOf(id);
    await checkDomain(server, id);
    await checkDomain(server, id, { days: 30 });
    const after = await statusOf(id);
    assert.deepEqual([after.status, after.missingSince], ['verified', null]);
    const verify = await verifyDomain(server, org, { id });
    assert.deepEqual([verify.status, verify.body.lookup, verify.body.status], [200, 'unavailable', 'verified']);
    assert.equal(before.status, 'verified');
  });

  it('[13.6] get one check a day, by one instance', async () => {
    const { id } = await aVerifiedDomain(server, dns, org, name);
    const { db } = server.services;
    const nextCheck = async () => {
      const row = await db.selectFrom('verified_domains').select('next_check').where('id', '=', id).executeTakeFirstOrThrow();
      return (Date.parse(row.next_check) - Date.now()) / 3_600_000;
    };
    const hours = await nextCheck();
    assert.ok(hours > 21.9 && hours < 26.1, `${hours} hours`);
    const queries = dns.queries;
    await ageChecks(server, id, 0);
    const { writePath, readTxtRecords } = server.services;
    await Promise.all([1, 2, 3].map(() => domainSweep(writePath, readTxtRecords).run()));
    assert.equal(dns.queries, queries + 1);
    const again = await nextCheck();
    assert.ok(again > 21.9 && again < 26.1, `${again} hours`);
  });

  it('[13.6] have no effect once the organization is to be removed', async () => {
    await aVerifiedDomain(server, dns, org, name, 'affiliated');
    assert.equal((await verifiedDomainsOf(server.services.db, name)).length, 1);
    await server.request('DELETE', `/api/0/organizations/${org.slug}/`, { cookie: org.cookie });
    await eventually(async () => assert.deepEqual(await verifiedDomainsOf(server.services.db, name), []));
  });
});
