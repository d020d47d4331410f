import assert from 'node:assert/strict';
import { apiLimits, type IpAllowListRecord } from '../../../protocol/src/index.ts';
import { isAddressAllowed, parseAddressRule, parseAddressRules } from '../../../server/src/domain/address-rules.ts';

describe('rules for addresses', () => {
  const normal: readonly (readonly [text: string, cidr: string])[] = [
    ['203.0.113.9', '203.0.113.9'],
    ['203.0.113.9/32', '203.0.113.9'],
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['2001:DB8:0:0::1', '2001:db8::1'],
    ['2001:db8::1/128', '2001:db8::1'],
    ['2001:0db8::/32', '2001:db8::/32'],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['::ffff:10.0.0.0/104', '10.0.0.0/8'],
  ];
  for (const [text, cidr] of normal) {
    it(`[S-48] normalize ${text} to ${cidr}`, () => assert.deepEqual(parseAddressRule(text), { cidr }));
  }

  const wrong = [
    ...['', '/', '/8', '010.0.0.1', '10.1', '0x7f.1', '0x7f.0.0.1', '2130706433', '10.0.0.256', '10.0.0.1.', ' 10.0.0.1'],
    ...['10.0.0.0/', '10.0.0.0/08', '10.0.0.0/-1', '10.0.0.0/255.0.0.0', '10.0.0.0/8/8', '[::1]', 'localhost', '*', 'fe80::1%eth0'],
    ...['10.0.0.0/33', '2001:db8::/129', '2001:db8::/1000'],
    ...['0.0.0.0/0', '::/0', '::ffff:0.0.0.0/96'],
  ];
  for (const text of wrong) {
    it(`[S-48] refuse ${JSON.stringify(text)}`, () => assert.ok('error' in parseAddressRule(text)));
  }

  const hosts: readonly (readonly [text: string, network: string])[] = [
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['203.0.113.9/31', '203.0.113.8/31'],
    ['2001:db8::1/32', '2001:db8::/32'],
    ['::ffff:10.1.2.3/104', '10.0.0.0/8'],
  ];
  for (const [text, network] of hosts) {
    it(`[S-48] refuse ${text}, and name the network`, () => {
      assert.deepEqual(parseAddressRule(text), { error: `Did you mean ${network}?` });
    });
  }

  it('[S-48] drop repeated networks in any spelling, and name each faulty rule', () => {
    const rules = ['10.0.0.0/8', '::ffff:10.0.0.0/104', '10.1.0.0/8', 'x', '2001:db8::1'].map((cidr, index) => ({ id: index, cidr }));
    assert.deepEqual(parseAddressRules(rules), {
      rules: [
        { id: 0, cidr: '10.0.0.0/8' },
        { id: 4, cidr: '2001:db8::1' },
      ],
      errors: ['10.1.0.0/8: Did you mean 10.0.0.0/8?', 'x: Enter an IP address or a network, such as 203.0.113.0/24.'],
    });
  });

  it('[S-48] number at most 200 per list', () => {
    const some = (count: number) => Array.from({ length: count }, (_, index) => ({ cidr: `10.0.${index >> 8}.${index & 255}` }));
    assert.deepEqual(parseAddressRules(some(apiLimits.addressRulesMax)).errors, []);
    assert.deepEqual(parseAddressRules(some(apiLimits.addressRulesMax + 1)).errors, ['A list has at most 200 rules.']);
  });
});

describe('a list of addresses', () => {
  const listOf = (cidrs: readonly string[], isEnabled = true, expiresAt: string | null = null): IpAllowListRecord => ({
    id: '1',
    isEnabled,
    rules: cidrs.map((cidr, index) => ({ id: String(index), cidr, description: '', expiresAt })),
  });
  const list = listOf(['203.0.113.0/24', '198.51.100.7', '2001:db8::/32', '2001:db9::1']);

  it('[S-48] allows the addresses of its networks, and no other', () => {
    const allowed = ['203.0.113.0', '203.0.113.255', '198.51.100.7', '2001:db8::', '2001:db8:ffff::1', '2001:db9::1'];
    for (const address of allowed) assert.ok(isAddressAllowed(list, address, 0), address);
    const refused = [null, '', 'x', '203.0.114.0', '198.51.100.8', '2001:db7::1', '2001:db9::2', '::1', '010.0.0.1', '203.0.113.9/32'];
    for (const address of refused) assert.ok(!isAddressAllowed(list, address, 0), String(address));
  });

  it('[S-48] allows no IPv4 address by an IPv6 network', () => {
    const wide = listOf(['::/1', '::/8', '::fffe:0:0/95']);
    assert.ok(isAddressAllowed(wide, '::1', 0));
    assert.ok(!isAddressAllowed(wide, '198.51.100.7', 0));
  });

  it('[S-48] allows every address while it is off, and none if it is empty', () => {
    assert.ok(isAddressAllowed(listOf(['203.0.113.9'], false), null, 0));
    assert.ok(!isAddressAllowed(listOf([]), '203.0.113.9', 0));
  });

  it('[S-48] allows nothing by a rule that has expired', () => {
    const expiring = listOf(['203.0.113.9'], true, '2026-03-01T12:00:00.000000Z');
    const end = Date.parse('2026-03-01T12:00:00Z');
    assert.ok(isAddressAllowed(expiring, '203.0.113.9', end - 1));
    assert.ok(!isAddressAllowed(expiring, '203.0.113.9', end));
    assert.ok(!isAddressAllowed(expiring, '203.0.113.9', end + 1));
  });
});
