import assert from 'node:assert/strict';
import { emptyRetention } from '../../../../server/src/domain/retention/effective-retention.ts';
import { assertNoLegalHold } from '../../../../server/src/domain/retention/legal-hold.ts';

describe('a legal hold', () => {
  it('[13.15] refuses a removal with 409 legal-hold', () => {
    assert.throws(() => assertNoLegalHold({ ...emptyRetention('1'), legalHold: true }), { code: 'legal-hold', status: 409 });
    assertNoLegalHold(emptyRetention('1'));
    assertNoLegalHold(null);
  });
});
