import assert from 'node:assert/strict';
import type { Measurements } from '../../attack/honest-clients.ts';
import { type MemoryUse, violationsOf } from '../../attack/verdicts.ts';

const mebibyte = 1024 * 1024;

describe('the verdict about an attack', () => {
  const served: Measurements = { readMs: [5], writeMs: [10], stepMs: [12], loginMs: [50], subscribeMs: [20], failures: [] };
  const memory: MemoryUse = {
    residentBefore: 200 * mebibyte,
    residentMax: 380 * mebibyte,
    liveBefore: 60 * mebibyte,
    liveAfter: 62 * mebibyte,
  };
  const violations = (changed: Partial<MemoryUse>, attacked = served) =>
    violationsOf({ calm: served, attacked, memory: [memory, { ...memory, ...changed }], end: null });

  it('accepts garbage that V8 has not collected yet', () => {
    assert.deepEqual(violations({}), []);
  });

  it('reports live memory that keeps growing, and resident memory beyond any garbage', () => {
    assert.match(violations({ liveAfter: 90 * mebibyte }).join(), /live memory kept growing: 60 MB .* 90 MB/);
    assert.match(violations({ residentMax: 500 * mebibyte }).join(), /resident memory grew to 500 MB/);
  });

  it('accepts three times the median just before the attack on a busy machine', () => {
    const busy = { ...served, writeMs: [80] };
    const attacked = { ...served, writeMs: [230] };
    assert.deepEqual(violationsOf({ calm: busy, attacked, memory: [memory], end: null }), []);
    assert.match(violationsOf({ calm: { ...served, writeMs: [60] }, attacked, memory: [memory], end: null }).join(), /at most 180 ms/);
  });

  it('reports slow and refused clients', () => {
    assert.match(violations({}, { ...served, readMs: [150, 150, 5] }).join(), /median read took 150 ms, but at most 100 ms/);
    assert.match(violations({}, { ...served, stepMs: [150] }).join(), /median step took 150 ms/);
    assert.match(violations({}, { ...served, stepMs: [] }).join(), /no step of an honest client/);
    assert.match(violations({}, { ...served, writeMs: [...Array(60).fill(5), 1_500] }).join(), /honest requests took 1500 ms \(p99\)/);
    assert.match(violations({}, { ...served, failures: ['refused'] }).join(), /1 honest clients were refused/);
  });
});
