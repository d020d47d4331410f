import assert from 'node:assert/strict';
import { accessFlags } from '../../../dashboard/src/pages/security/flag-texts.ts';

describe('the texts of flags', () => {
  it('[17.24] state that members who are blocked without 2FA only need to set it up', () => {
    const { hint } = accessFlags.find(({ flag }) => flag === 'require2FA')!;
    assert.equal(hint, 'Members without 2FA lose access until they set it up.');
  });
});
