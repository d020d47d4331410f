import assert from 'node:assert/strict';
import { effectiveRetention, emptyRetention } from '../../../../../server/src/features/retention/domain/effective-retention.ts';

const record = { ...emptyRetention('1'), auditDays: 365, historyDays: 30, deliveryDays: 7, personDays: 14 };
const now = '2026-11-27T21:00:00.000000Z';

describe('the effective retention', () => {
  it('[13.15] has the defaults of the contract without a record and without a maximum', () => {
    const defaults = { auditDays: null, historyDays: 90, deliveryDays: 30, personDays: null };
    assert.deepEqual(effectiveRetention(null, null, now), defaults);
    assert.deepEqual(effectiveRetention(emptyRetention('1'), null, now), defaults);
  });

  it('[13.15] equals the stored settings if the plan allows them', () => {
    const expected = { auditDays: 365, historyDays: 30, deliveryDays: 7, personDays: 14 };
    assert.deepEqual(effectiveRetention(record, null, now), expected);
    assert.deepEqual(effectiveRetention({ ...record, planDaysMax: 365 }, 365, now), expected);
  });

  it('[13.15] never exceeds the maximum of the plan or that of the operator', () => {
    const expected = { auditDays: 10, historyDays: 10, deliveryDays: 7, personDays: 10 };
    assert.deepEqual(effectiveRetention({ ...record, planDaysMax: 10 }, 60, now), expected);
    assert.deepEqual(effectiveRetention({ ...record, planDaysMax: 60 }, 10, now), expected);
    assert.deepEqual(effectiveRetention(null, 10, now), { auditDays: 10, historyDays: 10, deliveryDays: 10, personDays: 10 });
  });

  it('[13.15] replaces names when it removes audit entries if no other number of days was set', () => {
    const { auditDays, personDays } = effectiveRetention({ ...record, personDays: null, planDaysMax: 90 }, null, now);
    assert.deepEqual([auditDays, personDays], [90, 90]);
    assert.equal(effectiveRetention({ ...record, personDays: 0 }, null, now).personDays, 0);
  });

  it('[13.15] keeps to the former plan until a smaller one takes effect', () => {
    const delayed = { ...record, planDaysMax: 10, formerPlan: { daysMax: 60, until: '2026-11-28T21:00:00.000000Z' } };
    const daysAt = (moment: string | null, daysMax: number | null = null) => effectiveRetention(delayed, daysMax, moment).auditDays;
    assert.equal(daysAt(now), 60);
    assert.equal(daysAt('2026-11-28T20:59:59.999999Z'), 60);
    assert.equal(daysAt('2026-11-28T21:00:00.000000Z'), 10);
    assert.equal(daysAt(null), 10);
    assert.equal(daysAt(now, 30), 30, 'the maximum of the server has no delay');
    const unlimited = { ...delayed, formerPlan: { ...delayed.formerPlan, daysMax: null } };
    assert.equal(effectiveRetention(unlimited, null, now).auditDays, 365);
  });
});
