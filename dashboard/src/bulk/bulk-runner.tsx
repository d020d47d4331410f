import { useOrganization } from '@rollcall/client/react';
import { LoadFailure, loadFailureText } from '@rollcall/react/parts';
import { type RefObject, useEffect, useRef } from 'react';
import { type BulkJob, jobOf, sizeOf } from './bulk-job.ts';
import { changed } from './bulk-task.ts';
import { joinReceipts } from './describe-ended.ts';
import { runBulk } from './run-bulk.ts';
import { undoTaskOf } from './undo-task.ts';

export type BulkRequest = 'run' | 'undo';

interface BulkRunnerProps {
  readonly job: BulkJob;
  readonly request: BulkRequest;
  readonly stopping: RefObject<AbortController | null>;
  expectOwn(ids: readonly string[]): void;
  onChange(change: (before: BulkJob) => BulkJob): void;
  onEnd(): void;
}

/** Long enough to see a result and to notice a mistake. */
const undoMs = 60_000;

/** Runs a job while it is mounted, in the organization of the nearest provider. */
export function BulkRunner(props: BulkRunnerProps) {
  const org = useOrganization();
  const latest = useRef(props);
  latest.current = props;
  useEffect(() => {
    const { job, request, stopping } = latest.current;
    const { onChange, expectOwn } = latest.current;
    const controller = new AbortController();
    stopping.current = controller;
    let isGone = false;
    const run = async () => {
      let running = job;
      if (request === 'undo') {
        await org.ready();
        if (job.revision !== null) await org.waitFor(job.revision);
        const task = undoTaskOf(job, org.state);
        if (!task || task.steps.every(({ members }) => members.length === 0)) {
          return onChange((before) => ({ ...before, undoUntil: null, problem: 'There is nothing to undo: others have changed it since.' }));
        }
        running = jobOf(task);
      }
      onChange(() => ({ ...running, isRunning: true, isStopped: false, isInterrupted: false, problem: null, undoUntil: null }));
      const end = await runBulk(
        org,
        running,
        {
          sending: expectOwn,
          finished: ({ outcomes, applied, revision }) =>
            onChange((before) => ({
              ...before,
              outcomes: new Map([...before.outcomes, ...outcomes]),
              applied: joinReceipts(before.applied, applied),
              revision: revision ?? before.revision,
              finished: before.finished + 1,
              problem: null,
            })),
          waiting: (problem) => onChange((before) => ({ ...before, problem })),
        },
        controller.signal,
      );
      if (isGone) return;
      onChange((before) => {
        const hasChanged = [...before.outcomes.values()].some(({ reason }) => reason === changed.reason);
        return {
          ...before,
          isRunning: false,
          problem: end.problem ?? (controller.signal.aborted ? null : before.problem),
          undoUntil: before.before && hasChanged && sizeOf(before) > 0 ? Date.now() + undoMs : null,
        };
      });
    };
    // Deferred, since in development React runs effects twice and cancels the first.
    const timer = setTimeout(() => {
      run()
        .catch((error: unknown) => {
          const problem = error instanceof LoadFailure ? loadFailureText : error instanceof Error ? error.message : String(error);
          onChange((before) => ({ ...before, isRunning: false, problem }));
        })
        .finally(() => {
          if (!isGone) latest.current.onEnd();
        });
    });
    return () => {
      isGone = true;
      clearTimeout(timer);
      controller.abort();
    };
  }, [org]);
  return null;
}
