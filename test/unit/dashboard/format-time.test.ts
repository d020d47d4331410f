import assert from 'node:assert/strict';
import { formatDateTime } from '../../../dashboard/src/shell/format-time.ts';

describe('an exact time', () => {
  it('has a time zone, since readers in other places compare it', () => {
    assert.match(formatDateTime('2026-11-24T15:14:07Z'), /^Nov 2\d, 2026, \d{1,2}:\d\d:07\s[AP]M (UTC|GMT[+-][\d:]+|[A-Z]+)$/);
  });
});
