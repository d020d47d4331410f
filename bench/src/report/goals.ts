import { type FaultResult, faultNames } from '../measure/faults.ts';
import { median, medianOf, type Results } from '../results.ts';

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
  const deliveriesRatio = ratio(results, 'saturated', 'hand-made', (measured) => measured.deliveriesPerSecond);
  const saturatedP99 = medianOf(results, 'rollcall', 'saturated', ({ p99Ms }) => p99Ms);
  const commitsRatio = median(results.commits.map(({ rollcallPerSecond, barePerSecond }) => rollcallPerSecond / barePerSecond));
  const rollcallFaults = results.faults.filter(({ contestant }) => contestant === 'rollcall');
  const rollcallStale = staleIn(rollcallFaults);
  const handMadeStale = staleIn(results.faults.filter(({ contestant }) => contestant === 'hand-made'));
  return [
    atMost('At 20 changes/s: CPU per delivery', 'that of the bare Socket.IO room', cpuRatio, cpuRatioMax),
    atMost('At 20 changes/s: p99 latency', 'that of the hand-made app', p99Ratio, pacedP99RatioMax),
    atLeast('At saturation: change deliveries per second', 'those of the hand-made app', deliveriesRatio, deliveriesRatioMin),
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

function staleIn(faults: readonly FaultResult[]): number {
  return faults.reduce((sum, { subscribers }) => sum + subscribers, 0);
}

type Ratio = typeof medianOf;

function ratio(results: Results, load: Parameters<Ratio>[2], against: Parameters<Ratio>[1], read: Parameters<Ratio>[3]): number {
  return medianOf(results, 'rollcall', load, read) / medianOf(results, against, load, read);
}

function atMost(what: string, reference: string, value: number, max: number): Goal {
  return { claim: `${what} at most ${max} times ${reference}`, measured: times(value), isMet: value <= max };
}

function atLeast(what: string, reference: string, value: number, min: number): Goal {
  return { claim: `${what} at least ${min} times ${reference}`, measured: times(value), isMet: value >= min };
}

function times(value: number): string {
  return Number.isNaN(value) ? 'not measured' : `${value.toFixed(2)} times`;
}
