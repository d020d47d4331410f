import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../../test/support/eventually.ts';
import type { CommitLog } from '../load/commit-log.ts';
import type { LoadReceived } from '../load/load-reception.ts';
import type { Calls } from '../subscribers/calls.ts';
import { Latencies } from '../subscribers/latencies.ts';
import type { GroupMethods } from './group-process.ts';
import type { MarkedWrites } from './marked-writes.ts';

export interface MeasuredGroup {
  readonly group: Calls<GroupMethods>;
  readonly subscribers: number;
  readonly commits: CommitLog;
  readonly writes: MarkedWrites;
}

export interface MeasuredWindow<T> {
  /** The time from the log entry to the subscriber. */
  readonly p99Ms: number;
  /** The number of lost connections, resyncs, gaps, denials and revocations. */
  readonly disturbed: number;
  readonly result: T;
}

const eventAfterMs = 500;
/** A delivery that takes longer counts as lost. This limit is not a performance goal. */
const arrivalMsMax = 15_000;

/** Writes for the duration of the window, and runs the event in it. */
export async function measureWindow<T>(
  { group, subscribers, commits, writes }: MeasuredGroup,
  durationMs: number,
  event: () => Promise<T>,
): Promise<MeasuredWindow<T>> {
  const [revision, result] = await Promise.all([writes.writeFor(durationMs), sleep(eventAfterMs).then(event)]);
  await eventually(
    async () => {
      const current = await group.call('countAt', revision);
      if (current < subscribers) throw new Error(`${current} of ${subscribers} subscribers received revision ${revision}`);
    },
    { timeoutMs: arrivalMsMax, intervalMs: 50 },
  );
  const received = await group.call('take', await commits.read());
  const latencies = new Latencies();
  latencies.add(received.sinceCommit);
  return { p99Ms: latencies.percentile(99), disturbed: disturbedBy(received), result };
}

function disturbedBy({ counts: { losses, resyncs, gaps, deniedOrRevoked } }: LoadReceived): number {
  return losses + resyncs + gaps + deniedOrRevoked;
}
