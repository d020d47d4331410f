import assert from 'node:assert/strict';
import { isAddressIn, networksFrom } from '../../../server/src/domain/address-networks.ts';

describe('a list of addresses and networks', () => {
  it('contains its addresses and those of its networks, of the same family', () => {
    const list = networksFrom(['203.0.113.7', '10.0.0.0/8', '2001:db8::/32', '::/8']);
    for (const address of ['203.0.113.7', '10.255.0.1', '2001:db8::1']) assert.ok(isAddressIn(list, address), address);
    for (const address of ['203.0.113.8', '11.0.0.1', '2001:db9::1', '', 'localhost', null])
      assert.ok(!isAddressIn(list, address), `${address}`);
    assert.ok(!isAddressIn(networksFrom([]), '10.0.0.1'));
  });
});
