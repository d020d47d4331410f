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
  ];
  for (const [forwarded, address] of addresses) {
    it(`[S-20] [S-48] resolves to ${address} for X-Forwarded-For ${JSON.stringify(forwarded)}`, () =>
      assert.equal(addressFrom(forwarded), address));
  }

  for (const forwarded of ['203.0.113.9:443', '[2001:db8::1]', '010.0.0.1', '0x7f.0.0.1', '3405803785', 'fe80::1%a-b', 'unknown']) {
    it(`[S-20] [S-48] defaults to that of the proxy for ${forwarded}, which is not an address`, () =>
      assert.equal(addressFrom(forwarded), proxy));
  }

  it('[S-20] [S-48] defaults to that of the connection if no trusted proxy sent the request', () => {
    assert.equal(addressFrom('203.0.113.9', '198.51.100.7'), '198.51.100.7');
  });
});
