import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { divide, readDurations, saveDurations } from '../../support/file-durations.ts';
import { makeTemporaryDirectory } from '../../support/run-directory.ts';

describe('the durations of test files', () => {
  it('divide a folder into parts of about the same duration, each with its longest files first', () => {
    const durations = { a: 50, b: 40, c: 30, d: 20, e: 10 };
    assert.deepEqual(divide(['a', 'b', 'c', 'd', 'e'], durations, 80), [
      { files: ['a', 'd', 'e'], seconds: 80 },
      { files: ['b', 'c'], seconds: 70 },
    ]);
    assert.deepEqual(divide(['a', 'b'], durations, 100), [{ files: ['a', 'b'], seconds: 90 }]);
  });

  it('leave a file that takes longer than a part alone, and make no empty part', () => {
    assert.deepEqual(divide(['a', 'b'], { a: 1_000, b: 1 }, 100), [
      { files: ['a'], seconds: 1_000 },
      { files: ['b'], seconds: 1 },
    ]);
  });

  it('count a file that no run has measured as an average one of its folder', () => {
    assert.deepEqual(divide(['a', 'b', 'new'], { a: 10, b: 30, other: 500 }, 1_000), [{ files: ['b', 'new', 'a'], seconds: 60 }]);
    assert.deepEqual(divide(['new'], {}, 100), [{ files: ['new'], seconds: 3 }]);
  });

  it('have full seconds in their file, sorted by path', () => {
    const file = path.join(makeTemporaryDirectory('durations'), 'durations.json');
    assert.deepEqual(readDurations(file), {});
    saveDurations(file, { 'unit/b.test.ts': 0.2, 'unit/a.test.ts': 61.5 });
    assert.equal(readFileSync(file, 'utf8'), '{\n  "unit/a.test.ts": 62,\n  "unit/b.test.ts": 1\n}\n');
    assert.deepEqual(readDurations(file), { 'unit/a.test.ts': 62, 'unit/b.test.ts': 1 });
  });
});
