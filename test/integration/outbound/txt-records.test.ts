import assert from 'node:assert/strict';
import { isDnsServer, type ReadTxtRecords, txtRecordReader } from '../../../server/src/outbound/txt-records.ts';
import { Counters } from '../../../server/src/runtime/metrics/counters.ts';
import { DnsServer } from '../../support/dns-server.ts';

describe('the look-up of TXT records', () => {
  let dns: DnsServer;
  let counters: Counters;
  let read: ReadTxtRecords;
  beforeEach(async () => {
    dns = await DnsServer.start();
    counters = new Counters();
    read = txtRecordReader([dns.address], counters);
  });
  afterEach(() => dns[Symbol.asyncDispose]());

  it('[13.6] returns all records of the name, and joins the parts of each', async () => {
    dns.setTxt('name.example.com', 'first', ['a'.repeat(255), 'b', 'c']);
    assert.deepEqual((await read('name.example.com'))?.toSorted(), [`${'a'.repeat(255)}bc`, 'first']);
    assert.equal(counters.byReason('domainLookups').get('found'), 1);
  });

  it('[S-58] distinguishes a missing record from DNS that fails', async () => {
    assert.deepEqual(await read('missing.example.com'), []);
    dns.mode = 'servfail';
    assert.equal(await read('missing.example.com'), null);
    assert.deepEqual(
      [...counters.byReason('domainLookups')],
      [
        ['missing', 1],
        ['unavailable', 1],
      ],
    );
  });

  it('[S-58] gives up after five seconds if no server responds', async () => {
    dns.mode = 'silent';
    const many = txtRecordReader([dns.address, '127.0.0.1:9', dns.address, dns.address], counters);
    const startedAt = performance.now();
    assert.equal(await many('name.example.com'), null);
    assert.ok(performance.now() - startedAt < 7_000, `${performance.now() - startedAt} ms`);
    assert.ok(dns.queries > 0);
  });

  it('accepts the addresses of servers in DNS_SERVERS, with a port or without', () => {
    for (const text of ['192.0.2.53', '192.0.2.53:5353', '2001:db8::53', '[2001:db8::53]', '[2001:db8::53]:53'])
      assert.ok(isDnsServer(text), text);
    for (const text of ['dns.example.com', '192.0.2.53:0', '192.0.2.53:65536', '192.0.2.53:', '[192.0.2.53]:53', '1.2.3', ''])
      assert.ok(!isDnsServer(text), text);
  });
});
