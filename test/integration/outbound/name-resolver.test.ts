import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { nameResolver } from '../../../server/src/outbound/name-resolver.ts';
import { DnsServer } from '../../support/dns-server.ts';
import { makeTemporaryDirectory } from '../../support/run-directory.ts';

describe('the look-up of addresses', () => {
  let dns: DnsServer;
  beforeEach(async () => {
    dns = await DnsServer.start();
  });
  afterEach(() => dns[Symbol.asyncDispose]());

  const open = (allowedNames: readonly string[] = [], hostsFile = '/etc/hosts') =>
    nameResolver({ allowedNames: new Set(allowedNames), servers: [dns.address], hostsFile });

  it('returns the IPv4 and the IPv6 addresses of a name, also if it has only some', async () => {
    dns.setAddresses('both.example.com', '192.0.2.1', '192.0.2.2', '2001:db8::1');
    dns.setAddresses('six.example.com', '2001:db8::2');
    const both = await open()('Both.example.com.');
    assert.deepEqual(both.map(({ address, family }) => `${family} ${address}`).toSorted(), ['4 192.0.2.1', '4 192.0.2.2', '6 2001:db8::1']);
    assert.deepEqual(await open()('six.example.com'), [{ address: '2001:db8::2', family: 6 }]);
    await assert.rejects(open()('missing.example.com'), { code: 'ENOTFOUND' });
  });

  it('[S-40] occupies no thread while a DNS server does not respond, and ends', async () => {
    dns.mode = 'silent';
    const startedAt = performance.now();
    const lookups = Array.from({ length: 20 }, (_, index) => open()(`${index}.slow.example.com`).catch(({ code }) => code));
    let isOver = false;
    const all = Promise.all(lookups).then((codes) => {
      isOver = true;
      return codes;
    });
    // Reading a file needs a thread.
    for (let time = 0; time < 20; time++) await readFile('package.json');
    assert.equal(isOver, false);
    assert.ok((await all).every((code) => ['ETIMEOUT', 'ECANCELLED'].includes(code)));
    assert.ok(performance.now() - startedAt < 8_000);
  });

  it('leaves names of the operator to the system: of OUTBOUND_ALLOWED, of the hosts file, and without a dot', async () => {
    const hostsFile = path.join(makeTemporaryDirectory('hosts'), 'hosts');
    await writeFile(hostsFile, '127.0.0.1 localhost\n10.0.0.7\tidp.inside.example  other # not.this.example\n');
    const resolve = open(['allowed.example.com'], hostsFile);
    assert.ok((await resolve('localhost')).some(({ address }) => address === '127.0.0.1'));
    // The system does not find the others, so the test observes that the DNS server gets no query.
    for (const name of ['allowed.example.com', 'IDP.inside.example.', 'nodot']) await resolve(name).catch(() => {});
    assert.equal(dns.queries, 0);
    await resolve('not.this.example').catch(() => {});
    assert.ok(dns.queries > 0);
  });
});
