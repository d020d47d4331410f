import type { ContestantName } from '../contestants/contestant.ts';
import { type LoadName, type Measured, plottedPercentiles } from '../measure/load.ts';
import { medianOf, type Results } from '../results.ts';
import { type Bar, drawBars, drawLines } from './svg.ts';

/** Colors that color-blind people can distinguish. */
const colors: Readonly<Record<ContestantName, string>> = {
  rollcall: '#0072b2',
  'bare-ws': '#8c959f',
  'bare-socket-io': '#e69f00',
  'hand-made': '#cc3311',
};

export interface Plot {
  readonly file: string;
  readonly title: string;
  readonly svg: string;
}

export function drawPlots(results: Results): Plot[] {
  const bars = (load: LoadName, read: (measured: Measured) => number): Bar[] =>
    results.contestants.map(({ name, title }) => ({ label: title, color: colors[name], value: medianOf(results, name, load, read) }));
  const bar = (file: string, title: string, values: readonly Bar[], format: (value: number) => string): Plot => ({
    file,
    title,
    svg: drawBars(title, values, format),
  });
  return [
    bar(
      'cpu-per-delivery.svg',
      'CPU per delivery at 20 changes/s (less is better)',
      bars('paced', ({ cpuUsPerDelivery }) => cpuUsPerDelivery),
      (value) => `${value.toFixed(1)} µs`,
    ),
    latencies(results, 'paced', 'latency-20.svg', 'Publish to receive at 20 changes/s, ms by percentile'),
    bar(
      'deliveries-per-second.svg',
      'Change deliveries per second at saturation (more is better)',
      bars('saturated', ({ deliveriesPerSecond }) => deliveriesPerSecond),
      (value) => Math.round(value).toLocaleString('en'),
    ),
    latencies(results, 'saturated', 'latency-saturated.svg', 'Publish to receive at saturation, ms by percentile'),
  ];
}

function latencies(results: Results, load: LoadName, file: string, title: string): Plot {
  const lines = results.contestants.map(({ name, title: label }) => ({
    label,
    color: colors[name],
    values: plottedPercentiles.map((_, index) => medianOf(results, name, load, ({ percentilesMs }) => percentilesMs[index]!)),
  }));
  return { file, title, svg: drawLines(title, plottedPercentiles.map(String), lines, (value) => String(value)) };
}
