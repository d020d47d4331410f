import assert from 'node:assert/strict';
import { type Bucket, bucketsSince, quantileOf } from '../../../server/src/operations/buckets.ts';

/** 1 ms, 10 ms, 100 ms and above, cumulative as Prometheus has them. */
function aHistogram(...counts: readonly number[]): Bucket[] {
  return [0.001, 0.01, 0.1, Infinity].map((upTo, index) => ({ upTo, count: counts[index]! }));
}

describe('quantiles of a histogram', () => {
  it('have no value if nothing was counted', () => assert.equal(quantileOf(aHistogram(0, 0, 0, 0), 0.5), null));

  it('interpolate linearly within a bucket', () => {
    assert.equal(quantileOf(aHistogram(10, 10, 10, 10), 0.5), 0.0005);
    assert.equal(quantileOf(aHistogram(0, 10, 10, 10), 0.5)!.toFixed(6), '0.005500');
    assert.equal(quantileOf(aHistogram(50, 90, 100, 100), 0.9)!.toFixed(6), '0.010000');
  });

  it('return the last bound for values above all bounds', () => assert.equal(quantileOf(aHistogram(0, 0, 0, 3), 0.99), 0.1));

  it('count only the observations between two readings', () => {
    const [before, now] = [aHistogram(100, 100, 100, 100), aHistogram(100, 100, 102, 102)];
    assert.deepEqual(bucketsSince(before, now), aHistogram(0, 0, 2, 2));
    assert.deepEqual(bucketsSince([], now), now);
    assert.ok(quantileOf(bucketsSince(before, now), 0.5)! > 0.01, 'earlier observations no longer count');
  });
});
