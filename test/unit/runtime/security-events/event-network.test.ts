import assert from 'node:assert/strict';
import { eventNetworkOf, floodAddressOf } from '../../../../server/src/runtime/security-events/event-network.ts';

describe('the network of an address', () => {
  it('contains a /24 of IPv4 and a /48 of IPv6, in one spelling', () => {
    assert.equal(eventNetworkOf('203.0.113.9'), '203.0.113.0/24');
    assert.equal(eventNetworkOf('2001:db8:1:2:3:4:5:6'), '2001:db8:1::/48');
    assert.equal(eventNetworkOf('2001:db8:1::6'), '2001:db8:1::/48');
    assert.equal(eventNetworkOf('2001:db8::6'), '2001:db8:0::/48');
    assert.equal(eventNetworkOf('2001:db8::'), '2001:db8:0::/48');
    assert.equal(eventNetworkOf('::1'), '0:0:0::/48');
  });

  it('counts the addresses of one IPv6 network as one in a flood', () => {
    assert.equal(floodAddressOf('2001:db8:1:2::1'), floodAddressOf('2001:db8:1:3::9'));
    assert.notEqual(floodAddressOf('203.0.113.9'), floodAddressOf('203.0.113.10'));
    assert.equal(floodAddressOf(null), '');
  });
});
