import { type FaultResult, faultNames } from '../measure/faults.ts';
import { medianOf, type Ratio, type Results, ratioOf, valuesOf } from '../results.ts';

/** A claim and its measurement. */
export interface Goal {
  readonly claim: string;
  readonly measured: string;
  readonly isMet: boolean;
}

const cpuRatioMax = 0.85;
const pacedP99RatioMax = 1.3;
const deliveriesRatioMin = 5;
const saturatedP99MsMax = 250;
const commitsRatioMin = 0.5;

export function evaluateGoals(results: Results): Goal[] {
  const cpuRatio = ratio(results, 'paced', 'bare-socket-io', (measured) => measured.cpuUsPerDelivery);
  const p99Ratio = ratio(results, 'paced', 'hand-made', (measured) => measured.p99Ms);
  const saturatedP99 = medianOf(results, 'rollcall', 'saturated', ({ p99Ms }) => p99Ms);
  const commitsRatio = ratioOf(
    results.commits.map(({ rollcallPerSecond }) => rollcallPerSecond),
    results.commits.map(({ barePerSecond }) => barePerSecond),
  );
  const rollcallFaults = results.faults.filter(({ contestant }) => contestant === 'rollcall');
  const rollcallStale = staleIn(rollcallFaults);
  const handMadeStale = staleIn(results.faults.filter(({ contestant }) => contestant === 'hand-made'));
  return [
    atMost('At 20 changes/s: CPU per delivery', 'that of the bare Socket.IO room', cpuRatio, cpuRatioMax),
    atMost('At 20 changes/s: p99 latency', 'that of the hand-made app', p99Ratio, pacedP99RatioMax),
    evaluateDeliveries(results),
    {
      claim: `At saturation: p99 latency below ${saturatedP99MsMax} ms`,
      measured: `${saturatedP99.toFixed(0)} ms`,
      isMet: saturatedP99 < saturatedP99MsMax,
    },
    {
      claim: `No fault of ${faultNames.length} kinds leaves a subscriber of Rollcall stale`,
      measured: `${rollcallStale} stale after ${rollcallFaults.length} kinds (hand-made app: ${handMadeStale})`,
      isMet: rollcallStale === 0 && rollcallFaults.length === faultNames.length,
    },
    atLeast(
      'Commits per second of one organization:',
      'those of bare transactions with the same statements',
      commitsRatio,
      commitsRatioMin,
    ),
  ];
}

/** This goal is also one for many organizations. */
export function evaluateDeliveries(results: Results): Goal {
  const deliveries = ratio(results, 'saturated', 'hand-made', (measured) => measured.deliveriesPerSecond);
  return atLeast('At saturation: change deliveries per second', 'those of the hand-made app', deliveries, deliveriesRatioMin);
}

function staleIn(faults: readonly FaultResult[]): number {
  return faults.reduce((sum, { subscribers }) => sum + subscribers, 0);
}

type Of = typeof valuesOf;

function ratio(results: Results, load: Parameters<Of>[2], against: Parameters<Of>[1], read: Parameters<Of>[3]): Ratio {
  return ratioOf(valuesOf(results, 'rollcall', load, read), valuesOf(results, against, load, read));
}

export function atMost(what: string, reference: string, value: Ratio, max: number): Goal {
  return { claim: `${what} at most ${max} times ${reference}`, measured: describeRatio(value), isMet: value.median <= max };
}

export function atLeast(what: string, reference: string, value: Ratio, min: number): Goal {
  return { claim: `${what} at least ${min} times ${reference}`, measured: describeRatio(value), isMet: value.median >= min };
}

/** For example `5.58 times (5.31 to 5.90)`. */
export function describeRatio({ median, min, max }: Ratio): string {
  return Number.isNaN(median) ? 'not measured' : `${median.toFixed(2)} times (${min.toFixed(2)} to ${max.toFixed(2)})`;
}
