import assert from 'node:assert/strict';
import type { InstanceSample } from '../../../client-sdk/src/index.ts';
import { mergeReport, sumResyncs } from '../../../dashboard/src/pages/operations/merge-report.ts';

function aSample(at: number, resyncs: Record<string, number> = {}): InstanceSample {
  return {
    at,
    intervalMs: 2_000,
    sockets: 0,
    subscriptions: 0,
    deliveriesPerSecond: 0,
    deliveryMs: null,
    endToCloseMs: null,
    loopDelayMs: { p50: 0, p99: 0 },
    resyncs,
    gaps: 0,
    staleReplicas: 0,
    bus: 'memory',
    pool: { total: 0, idle: 0, waiting: 0 },
  };
}

function aReport(samplesByName: Readonly<Record<string, readonly InstanceSample[]>>) {
  const instances = Object.entries(samplesByName).map(([name, samples]) => ({
    id: name,
    name,
    version: '1',
    startedAt: '2026-01-01T00:00:00.000Z',
    samples: [...samples],
  }));
  return { answeredBy: instances[0]!.id, instances };
}

describe('the reports on the operations page', () => {
  it('merge overlapping samples in the order of time', () => {
    const first = mergeReport([], aReport({ one: [aSample(2), aSample(4)] }), 0);
    const second = mergeReport(first, aReport({ one: [aSample(6), aSample(4)] }), 2_000);
    assert.deepEqual(
      second[0]!.samples.map(({ at }) => at),
      [2, 4, 6],
    );
  });

  it('keep samples for 15 minutes', () => {
    const known = mergeReport([], aReport({ one: [aSample(0), aSample(100_000)] }), 0);
    const later = mergeReport(known, aReport({ one: [aSample(950_000)] }), 2_000);
    assert.deepEqual(
      later[0]!.samples.map(({ at }) => at),
      [100_000, 950_000],
    );
  });

  it('keep an instance that a report omits, and drop it after 5 s without one', () => {
    const both = mergeReport([], aReport({ one: [aSample(0)], two: [aSample(0)] }), 0);
    const soon = mergeReport(both, aReport({ one: [aSample(2_000)] }), 2_000);
    assert.equal(soon.length, 2);
    assert.equal(mergeReport(soon, aReport({ one: [aSample(6_000)] }), 6_000).length, 1);
  });

  it('sum resyncs by reason over all instances, most frequent first', () => {
    const known = mergeReport([], aReport({ one: [aSample(0, { a: 1 }), aSample(2, { b: 2 })], two: [aSample(0, { b: 1 })] }), 0);
    assert.deepEqual(sumResyncs(known), [
      ['b', 3],
      ['a', 1],
    ]);
  });
});
