import assert from 'node:assert/strict';
import type { Measurements } from '../../attack/honest-clients.ts';
import { type MemoryUse, violationsOf } from '../../attack/verdicts.ts';

const mebibyte = 1024 * 1024;

describe('the verdict about an attack', () => {
  const served: Measurements = { requestMs: [5], loginMs: [50], subscribeMs: [20], failures: [] };
  const memory: MemoryUse = {
    residentBefore: 200 * mebibyte,
    residentMax: 380 * mebibyte,
    liveBefore: 60 * mebibyte,
    liveAfter: 62 * mebibyte,
  };
  const violations = (changed: Partial<MemoryUse>, attacked = served) =>
    violationsOf({ calm: served, attacked, memory: { ...memory, ...changed }, end: null });

  it('accepts garbage that V8 has not collected yet', () => {
    assert.deepEqual(violations({}), []);
  });

  it('reports live memory that keeps growing, and resident memory beyond any garbage', () => {
    assert.match(violations({ liveAfter: 90 * mebibyte }).join(), /live memory kept growing: 60 MB .* 90 MB/);
    assert.match(violations({ residentMax: 500 * mebibyte }).join(), /resident memory grew to 500 MB/);
  });

  it('reports slow and refused clients', () => {
    assert.match(violations({}, { ...served, requestMs: [150] }).join(), /honest requests took 150 ms/);
    assert.match(violations({}, { ...served, failures: ['refused'] }).join(), /1 honest clients were refused/);
  });
});
