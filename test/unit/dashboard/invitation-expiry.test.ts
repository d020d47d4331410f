import assert from 'node:assert/strict';
import { formatExpiry } from '../../../dashboard/src/pages/invitations/format-expiry.ts';

describe('the expiry of an invitation', () => {
  const now = Date.parse('2026-03-01T12:00:00Z');
  for (const [at, text] of [
    ['2026-03-13T12:00:00.000000Z', 'Expires in 12 days'],
    ['2026-03-01T15:00:00.000000Z', 'Expires in 3 hours'],
    ['2026-03-01T12:00:20.000000Z', 'Expires within a minute'],
    ['2026-02-26T12:00:00.000000Z', 'Expired 3 days ago'],
    ['2026-03-01T11:59:50.000000Z', 'Expired just now'],
  ] as const) {
    it(`reads "${text}"`, () => {
      const expiry = formatExpiry(at, now);
      assert.equal(expiry.text, text);
      assert.equal(expiry.isExpired, text.startsWith('Expired'));
    });
  }

  it('reads "Never expires" without a date', () => assert.equal(formatExpiry(null, now).text, 'Never expires'));
});
