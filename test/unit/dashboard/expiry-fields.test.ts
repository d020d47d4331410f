import assert from 'node:assert/strict';
import { expiryFieldOf, expiryIn } from '../../../dashboard/src/pages/ip-addresses/expiry-field.ts';

describe('the field of an address’s expiry', () => {
  const expiresAt = '2026-11-27T08:15:42.123456Z';

  it('keeps the exact time unless it is edited', () => {
    assert.equal(expiryIn(expiryFieldOf(expiresAt), expiresAt), expiresAt);
    assert.equal(expiryIn(expiryFieldOf(null), null), null);
  });

  it('gives the edited time to the minute, or none', () => {
    const edited = expiryFieldOf('2026-11-28T09:30:00.000000Z');
    assert.equal(expiryIn(edited, expiresAt), '2026-11-28T09:30:00.000Z');
    assert.equal(expiryIn(edited, null), '2026-11-28T09:30:00.000Z');
    assert.equal(expiryIn('', expiresAt), null);
  });
});
