import assert from 'node:assert/strict';
import { readPreference } from '../../../../server/src/http/requests/prefer.ts';

describe('a preference of the Prefer header', () => {
  for (const [header, value] of [
    ['wait=5', '5'],
    ['WAIT = 5', '5'],
    ['respond-async, wait=5', '5'],
    ['return=minimal;foo="a, wait=3" , wait="5"; bar', '5'],
    ['wait=5, wait=9', '5'],
    ['foo="\\", wait=3", wait=5', '5'],
    ['wait', ''],
    ['wait=', ''],
    ['wait=abc', 'abc'],
    ['waiting=5', null],
    ['foo="wait=5"', null],
    ['', null],
    [undefined, null],
  ] as const) {
    it(`has the value ${JSON.stringify(value)} in ${header}`, () => assert.equal(readPreference(header, 'wait'), value));
  }

  it('takes linear time to find in long headers', () => {
    const startedAt = performance.now();
    for (const part of [',', '"', ';', '=', '\\"', ' ']) readPreference(part.repeat(16_000), 'wait');
    assert.ok(performance.now() - startedAt < 500);
  });
});
