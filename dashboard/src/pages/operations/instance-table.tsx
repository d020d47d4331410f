import type { InstanceSample } from '@rollcall/client';
import type { ReactNode } from 'react';
import { Badge } from '../../kit/badge.ts';
import { formatDateTime } from '../../shell/format-time.ts';
import { format } from './line-chart.tsx';
import type { SeenInstance } from './merge-report.ts';

/** The number of colors in the style sheet. More instances share them. */
export const hueCount = 6;

const buses = {
  memory: <Badge>This process only</Badge>,
  redis: <Badge tone="good">Redis</Badge>,
  'redis-down': <Badge tone="bad">Redis unavailable</Badge>,
} as const;

interface Column {
  readonly title: string;
  show(last: InstanceSample, instance: SeenInstance): ReactNode;
}

const columns: readonly Column[] = [
  { title: 'Bus', show: ({ bus }) => buses[bus] },
  { title: 'Sockets', show: ({ sockets }) => format(sockets) },
  { title: 'Subscriptions', show: ({ subscriptions }) => format(subscriptions) },
  { title: 'Deliveries/s', show: ({ deliveriesPerSecond }) => format(deliveriesPerSecond) },
  { title: 'Loop p99', show: ({ loopDelayMs }) => `${format(loopDelayMs.p99)} ms` },
  { title: 'Pool in use', show: ({ pool }) => `${pool.total - pool.idle} of ${pool.total}` },
  { title: 'Waiting', show: ({ pool }) => format(pool.waiting) },
  { title: 'Gaps', show: (_, { samples }) => format(samples.reduce((sum, { gaps }) => sum + gaps, 0)) },
  { title: 'Started', show: (_, { startedAt }) => <time dateTime={startedAt}>{formatDateTime(startedAt)}</time> },
];

/** A table with a row per instance. On small screens each row is a list. */
export function InstanceTable({ instances }: { readonly instances: readonly SeenInstance[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: users scroll it by keyboard.
    <section className="card operations-table" tabIndex={0} aria-label="Instances">
      <table aria-label="Instances">
        <thead>
          <tr>
            <th scope="col">Instance</th>
            {columns.map(({ title }) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {instances.map((instance, index) => (
            <tr key={instance.id}>
              <th scope="row">
                <span className="operations-key" data-hue={index % hueCount} aria-hidden />
                {instance.name} <small>{instance.version}</small>
              </th>
              {columns.map(({ title, show }) => (
                <td key={title} data-title={title}>
                  {show(instance.samples.at(-1)!, instance)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
