import assert from 'node:assert/strict';
import { effectiveRetention, emptyRetention } from '../../../../server/src/domain/retention/effective-retention.ts';

const record = { ...emptyRetention('1'), auditDays: 365, historyDays: 30, deliveryDays: 7, personDays: 14 };

describe('the effective retention', () => {
  it('[13.15] has the defaults of the contract without a record and without a maximum', () => {
    const defaults = { auditDays: null, historyDays: 90, deliveryDays: 30, personDays: null };
    assert.deepEqual(effectiveRetention(null, null), defaults);
    assert.deepEqual(effectiveRetention(emptyRetention('1'), null), defaults);
  });

  it('[13.15] equals the stored settings if the plan allows them', () => {
    const expected = { auditDays: 365, historyDays: 30, deliveryDays: 7, personDays: 14 };
    assert.deepEqual(effectiveRetention(record, null), expected);
    assert.deepEqual(effectiveRetention({ ...record, planDaysMax: 365 }, 365), expected);
  });

  it('[13.15] never exceeds the maximum of the plan or that of the operator', () => {
    const expected = { auditDays: 10, historyDays: 10, deliveryDays: 7, personDays: 10 };
    assert.deepEqual(effectiveRetention({ ...record, planDaysMax: 10 }, 60), expected);
    assert.deepEqual(effectiveRetention({ ...record, planDaysMax: 60 }, 10), expected);
    assert.deepEqual(effectiveRetention(null, 10), { auditDays: 10, historyDays: 10, deliveryDays: 10, personDays: 10 });
  });

  it('[13.15] replaces names with the audit entries if no other number of days was set', () => {
    const { auditDays, personDays } = effectiveRetention({ ...record, personDays: null, planDaysMax: 90 }, null);
    assert.deepEqual([auditDays, personDays], [90, 90]);
    assert.equal(effectiveRetention({ ...record, personDays: 0 }, null).personDays, 0);
  });
});
