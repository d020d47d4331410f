import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { addressReader } from '../../../../server/src/http/requests/caller-address.ts';

const proxy = '10.0.0.1';

function addressFrom(forwarded: string | undefined, remoteAddress: string | undefined = proxy): string | null {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  const request = { headers, socket: { remoteAddress }, connection: { remoteAddress } };
  return addressReader(['10.0.0.0/8'])(request as unknown as IncomingMessage);
}

describe('the address of a caller', () => {
  const addresses: readonly (readonly [forwarded: string | undefined, address: string])[] = [
    [undefined, proxy],
    ['', proxy],
    ['203.0.113.9', '203.0.113.9'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['2001:DB8::1', '2001:db8::1'],
    ['203.0.113.9, 10.0.0.2', '203.0.113.9'],
    ['203.0.113.9, 198.51.100.7, 10.0.0.2', '198.51.100.7'],
    ['203.0.113.9:443', '203.0.113.9'],
    ['[2001:DB8::1]:5678', '2001:db8::1'],
    ['[::ffff:203.0.113.9]:443', '203.0.113.9'],
    ['2001:db8::1:5678', '2001:db8::1:5678'],
    ['203.0.113.9:443, 10.0.0.2:1024', '203.0.113.9'],
    ['203.0.113.9:443, 198.51.100.7:80, [::ffff:10.0.0.2]:1024', '198.51.100.7'],
  ];
  for (const [forwarded, address] of addresses) {
    it(`[S-20] [S-48] [V4.1.3] resolves to ${address} for X-Forwarded-For ${JSON.stringify(forwarded)}`, () =>
      assert.equal(addressFrom(forwarded), address));
  }

  const noAddresses = [
    ...['[2001:db8::1]', '010.0.0.1', '0x7f.0.0.1', '3405803785', 'fe80::1%a-b', 'unknown', 'unknown:80'],
    ...['203.0.113.9:', '203.0.113.9:65536', '203.0.113.9:000080', '203.0.113.9:+80', '203.0.113.9:0x50', '203.0.113.9: 80'],
    ...['203.0.113.9:80:80', '203.0.113.9:80/x', '203.0.113:80', '010.0.0.1:80', '3405803785:80', '203.0.113.9.:80', '.:80', ':80'],
    ...['[203.0.113.9]:80', '[2001:db8::1]', '[2001:db8::1]:', '[2001:db8::1]80', '[[2001:db8::1]]:80', '[]:80', '[fe80::1%a-b]:80'],
    ...['2001:db8::1]:80', '[2001:db8::1:80', 'x[2001:db8::1]:80', '203.0.113.9:\u0661', `${'1'.repeat(8_000)}:80`],
  ];
  for (const forwarded of noAddresses) {
    it(`[S-20] [S-48] defaults to that of the proxy for ${forwarded.slice(0, 40)}, which is not an address`, () =>
      assert.equal(addressFrom(forwarded), proxy));
  }

  it('[S-20] [S-48] [V15.3.4] defaults to that of the connection if no trusted proxy sent the request', () => {
    assert.equal(addressFrom('203.0.113.9', '198.51.100.7'), '198.51.100.7');
  });
});
