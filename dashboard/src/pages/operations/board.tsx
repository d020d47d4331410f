import type { InstanceSample } from '@rollcall/client';
import { LoadingList } from '../../kit/states.tsx';
import { hueCount, InstanceTable } from './instance-table.tsx';
import { format, LineChart } from './line-chart.tsx';
import { historySeconds, type SeenInstance, sumResyncs } from './merge-report.ts';
import { useReport } from './use-report.ts';

/** The shortest time span of the charts, for a server that has just started. */
const shownMsMin = 60_000;
/** Three samples. */
const gapMsMax = 6_000;
/** Rare measurements are connected over longer gaps, since single dots would be hard to see. */
const seldomGapMsMax = 60_000;

interface Chart {
  readonly title: string;
  readonly hint: string;
  readonly unit: string;
  readonly isSeldom?: true;
  readonly read: (sample: InstanceSample) => number | null;
  /** A second line, fainter: the median beside the 99th percentile. */
  readonly readFaint?: (sample: InstanceSample) => number | null;
}

const charts: readonly Chart[] = [
  { title: 'Sockets', hint: 'Open client connections.', unit: '', read: ({ sockets }) => sockets },
  {
    title: 'Deliveries',
    hint: 'Frames written to sockets per second.',
    unit: '/s',
    read: ({ deliveriesPerSecond }) => deliveriesPerSecond,
  },
  {
    title: 'Commit to delivery',
    hint: 'From commit to the last subscriber: p99, and p50 fainter.',
    unit: 'ms',
    isSeldom: true,
    read: ({ deliveryMs }) => deliveryMs?.p99 ?? null,
    readFaint: ({ deliveryMs }) => deliveryMs?.p50 ?? null,
  },
  {
    title: 'Revoke to close',
    hint: 'From end of access to closed socket: p99, and p50 fainter.',
    unit: 'ms',
    isSeldom: true,
    read: ({ endToCloseMs }) => endToCloseMs?.p99 ?? null,
    readFaint: ({ endToCloseMs }) => endToCloseMs?.p50 ?? null,
  },
  {
    title: 'Event loop delay',
    hint: 'How late timers run in the process: p99, and p50 fainter.',
    unit: 'ms',
    read: ({ loopDelayMs }) => loopDelayMs.p99,
    readFaint: ({ loopDelayMs }) => loopDelayMs.p50,
  },
  {
    title: 'Stale replicas',
    hint: 'Replicas older than their lease, as reported by clients.',
    unit: '',
    read: ({ staleReplicas }) => staleReplicas,
  },
];

export function Board({ token, onRefused }: { readonly token: string; onRefused(reason: string): void }) {
  const { instances, problem } = useReport(token, onRefused);
  const alert = (
    <p className="operations-problem" role="alert">
      {problem && `${problem} Retrying.${instances.length > 0 ? ' The data shown may be out of date.' : ''}`}
    </p>
  );
  if (instances.length === 0) return problem === null ? <LoadingList label="Loading metrics" rows={3} /> : alert;
  const to = Math.max(...instances.map(({ samples }) => samples.at(-1)!.at));
  const oldest = Math.min(...instances.map(({ samples }) => samples[0]!.at));
  const from = Math.min(to - shownMsMin, Math.max(oldest, to - historySeconds * 1_000));
  return (
    <>
      {alert}
      <InstanceTable instances={instances} />
      <div className="operations-charts">
        {charts.map((chart) => (
          <LineChart
            key={chart.title}
            {...chart}
            from={from}
            to={to}
            gapMsMax={chart.isSeldom ? seldomGapMsMax : gapMsMax}
            series={instances.flatMap(({ samples }, index) => {
              const seriesOf = (read: Chart['read']) => samples.map((sample) => [sample.at, read(sample)] as const);
              const hue = index % hueCount;
              const main = { hue, points: seriesOf(chart.read) };
              return chart.readFaint ? [{ hue, isFaint: true, points: seriesOf(chart.readFaint) }, main] : [main];
            })}
            summary={summaryOf(instances, chart)}
          />
        ))}
      </div>
      <Resyncs instances={instances} />
    </>
  );
}

/** The latest value of each instance. For rare measurements, the latest that exists. */
function summaryOf(instances: readonly SeenInstance[], { read, unit, isSeldom }: Chart): string {
  const lasts = instances.map(({ name, samples }) => {
    const value = isSeldom ? (samples.map(read).findLast((one) => one !== null) ?? null) : read(samples.at(-1)!);
    return `${instances.length > 1 ? `${name} ` : ''}${value === null ? 'none yet' : `${format(value)} ${unit}`.trim()}`;
  });
  return lasts.join(' · ');
}

function Resyncs({ instances }: { readonly instances: readonly SeenInstance[] }) {
  const sums = sumResyncs(instances);
  return (
    <section className="card chart">
      <h2>Resyncs by reason</h2>
      <p className="chart-hint">
        Snapshots sent again to clients in the last 15 minutes. Gaps in the table are changes that only the periodic sweep found.
      </p>
      {sums.length === 0 ? (
        <p className="operations-none">None.</p>
      ) : (
        <dl className="operations-sums">
          {sums.map(([reason, count]) => (
            <div key={reason}>
              <dt>{reason === '' ? 'unknown' : reason}</dt>
              <dd>{format(count)}</dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}
