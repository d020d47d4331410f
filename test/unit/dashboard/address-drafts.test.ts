import assert from 'node:assert/strict';
import { type AddressList, draftAfterSave } from '../../../dashboard/src/pages/ip-addresses/address-list.ts';

const listOf = (...cidrs: readonly string[]): AddressList => ({
  isEnabled: false,
  rules: cidrs.map((cidr) => ({ id: cidr, cidr, description: '', expiresAt: null })),
});

describe('a draft of the IP addresses', () => {
  const sent = { base: listOf(), mine: listOf('192.0.2.1') };

  it('ends when it is saved', () => {
    assert.equal(draftAfterSave(sent, sent, sent.mine), null);
    assert.equal(draftAfterSave(null, sent, sent.mine), null);
  });

  it('keeps the changes that the user made while it was being saved', () => {
    const mine = listOf('192.0.2.1', '192.0.2.2');
    assert.deepEqual(draftAfterSave({ base: sent.base, mine }, sent, sent.mine), { base: sent.mine, mine });
  });
});
