import assert from 'node:assert/strict';
import { parseAllowedDestinations } from '../../../server/src/outbound/allowed-destinations.ts';
import { DestinationPolicy } from '../../../server/src/outbound/destination-policy.ts';
import { insideAddresses, insideHosts, publicAddresses } from '../../support/inside-addresses.ts';

function policyOf(allowed: string, publicUrl = 'https://rollcall.example.com'): DestinationPolicy {
  const words = allowed.split(' ').filter(Boolean);
  return new DestinationPolicy({ allowed: parseAllowedDestinations(words)!, publicUrl, servicePorts: new Set([5432, 6379]) });
}

const named = { protocol: 'https:', hostname: 'idp.example.com' };
const plain = { protocol: 'http:', hostname: 'idp.example.com' };

describe('the policy for calls to other servers', () => {
  const policy = policyOf('');

  for (const address of insideAddresses) {
    it(`[S-50] refuses a name that resolves to ${address}`, () => {
      assert.equal(policy.refuseAddress(named, address), 'address');
    });
  }

  for (const host of insideHosts) {
    it(`[S-50] [V1.3.6] refuses a URL with the host ${host}, before any connection`, () => {
      assert.equal(policy.refuseUrl(new URL(`https://${host}/`)), 'address');
    });
  }

  for (const address of publicAddresses) {
    it(`permits ${address} over https, and refuses it over http`, () => {
      const host = address.includes(':') ? `[${address}]` : address;
      assert.equal(policy.refuseAddress(named, address), null);
      assert.equal(policy.refuseUrl(new URL(`https://${host}/`)), null);
      assert.equal(policy.refuseAddress(plain, address), 'scheme');
      assert.equal(policy.refuseUrl(new URL(`http://${host}/`)), 'scheme');
    });
  }

  it('[S-50] refuses what is not an address, because it cannot be evaluated', () => {
    for (const text of [undefined, '', 'localhost', '010.0.0.1', '127.1', '1.1.1.1/32', '1.1.1.1 ']) {
      assert.equal(policy.refuseAddress(named, text), 'address', text);
    }
  });

  it('[S-50] [V1.2.2] refuses a user in the URL, other schemes, and the ports of services', () => {
    const reasonOf = (url: string) => policy.refuseUrl(new URL(url));
    assert.equal(reasonOf('https://user@idp.example.com/'), 'url');
    assert.equal(reasonOf('https://:password@idp.example.com/'), 'url');
    for (const scheme of ['ftp', 'file', 'ws', 'gopher', 'javascript']) assert.equal(reasonOf(`${scheme}://idp.example.com/`), 'scheme');
    for (const port of [0, 5432, 6379]) assert.equal(reasonOf(`https://idp.example.com:${port}/`), 'port');
    for (const port of ['', ':443', ':8443', ':22']) assert.equal(reasonOf(`https://idp.example.com${port}/`), null);
  });

  it('refuses to store a name over http, unless the name is allowed or may have an allowed address', () => {
    const reasonOf = (allowed: string, host: string) => policyOf(allowed).refuseStoredUrl(new URL(`http://${host}/`));
    assert.equal(reasonOf('', 'receiver.example.com'), 'scheme');
    assert.equal(reasonOf('receiver.internal', 'receiver.example.com'), 'scheme');
    assert.equal(reasonOf('receiver.internal', 'receiver.internal.'), null);
    assert.equal(reasonOf('10.0.0.0/8', 'receiver.example.com'), null);
  });

  it('[S-50] [V13.2.4] permits internal addresses only if they are allowed: by address, by range or by name', () => {
    const some = policyOf('10.1.0.0/16 192.168.0.7 fd00::/8 IDP.internal.');
    for (const address of ['10.1.2.3', '192.168.0.7', '::ffff:192.168.0.7', 'fd12::1'])
      assert.equal(some.refuseAddress(plain, address), null);
    for (const address of ['10.2.0.1', '192.168.0.8', 'fc00::1', '127.0.0.1']) assert.equal(some.refuseAddress(named, address), 'address');
    for (const hostname of ['idp.internal', 'idp.internal.']) {
      assert.equal(some.refuseAddress({ protocol: 'http:', hostname }, '127.0.0.1'), null);
    }
    assert.equal(some.refuseAddress({ protocol: 'https:', hostname: 'other.idp.internal' }, '127.0.0.1'), 'address');
    assert.equal(some.refuseUrl(new URL('http://10.1.2.3:8080/')), null);
    assert.equal(some.refuseUrl(new URL('http://10.1.2.3:6379/')), 'port');
  });

  it("[S-50] refuses this server's own host, in each spelling, unless its address is allowed", () => {
    for (const hostname of ['rollcall.example.com', 'rollcall.example.com.']) {
      assert.equal(policy.refuseAddress({ protocol: 'https:', hostname }, '1.1.1.1'), 'own-host');
      assert.equal(policyOf('1.1.1.1').refuseAddress({ protocol: 'https:', hostname }, '1.1.1.1'), null);
      assert.equal(policyOf('rollcall.example.com').refuseAddress({ protocol: 'https:', hostname }, '1.1.1.1'), null);
    }
    const onIPv6 = policyOf('', 'http://[2606:4700::1]:4000');
    assert.equal(onIPv6.refuseUrl(new URL('https://[2606:4700:0::1]/')), 'own-host');
  });
});
