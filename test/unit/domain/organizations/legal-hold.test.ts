import assert from 'node:assert/strict';
import { assertNoLegalHold } from '../../../../server/src/domain/organizations/legal-hold.ts';
import { emptyRetention } from '../../../../server/src/features/retention/domain/effective-retention.ts';

describe('a legal hold', () => {
  it('[13.15] refuses a removal with 409 legal-hold', () => {
    assert.throws(() => assertNoLegalHold({ ...emptyRetention('1'), legalHold: true }), { code: 'legal-hold', status: 409 });
    assertNoLegalHold(emptyRetention('1'));
    assertNoLegalHold(null);
  });
});
