import type { LoadName, Measured } from '../measure/load.ts';
import { median, ratioOf } from '../results.ts';
import type { ComparedRound } from '../run-bench.ts';

interface Figure {
  readonly title: string;
  readonly load: LoadName;
  read(measured: Measured): number;
}

const figures: readonly Figure[] = [
  { title: '20 changes/s: CPU per delivery, µs', load: 'paced', read: ({ cpuUsPerDelivery }) => cpuUsPerDelivery },
  { title: '20 changes/s: p99, ms', load: 'paced', read: ({ p99Ms }) => p99Ms },
  { title: 'saturation: CPU per delivery, µs', load: 'saturated', read: ({ cpuUsPerDelivery }) => cpuUsPerDelivery },
  { title: 'saturation: deliveries per second', load: 'saturated', read: ({ deliveriesPerSecond }) => deliveriesPerSecond },
  { title: 'saturation: deliveries per message', load: 'saturated', read: ({ deliveriesPerMessage }) => deliveriesPerMessage },
  { title: 'saturation: bytes per message', load: 'saturated', read: ({ bytesPerMessage }) => bytesPerMessage },
  { title: 'saturation: writes per second', load: 'saturated', read: ({ writesPerSecond }) => writesPerSecond },
];

/** A table of medians, and the median of the ratios of each round. */
export function describeComparison(rounds: readonly ComparedRound[]): string {
  const rows = figures.map(({ title, load, read }) => {
    const [own, other] = [rounds.map((round) => read(round.own[load])), rounds.map((round) => read(round.other[load]))];
    const ratio = ratioOf(own, other).median;
    return `${title.padEnd(36)} ${median(own).toFixed(2).padStart(12)} ${median(other).toFixed(2).padStart(12)} ${ratio.toFixed(3).padStart(8)}`;
  });
  const heading = `${`medians of ${rounds.length} rounds`.padEnd(36)} ${'this'.padStart(12)} ${'other'.padStart(12)} ${'ratio'.padStart(8)}`;
  return [heading, ...rows].join('\n');
}
