import type { Applied } from '@rollcall/client';
import { LoadFailure, loadFailureText, loadOnce, type Outcome } from '@rollcall/react/parts';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useHighlights, useOrganization } from '../../live/organization.tsx';
import type { BulkTask } from './bulk-run.ts';
import { joinReceipts } from './describe-ended.ts';

const loadRunner = loadOnce(() => import('./bulk-run.ts'));

export interface BulkRun {
  readonly task: BulkTask;
  readonly outcomes: ReadonlyMap<string, Outcome>;
  /** Where the access of removed members has ended. Null if that is unknown. */
  readonly applied: Applied | null;
  readonly isOver: boolean;
  /** The error that ended the run early. */
  readonly failure: string | null;
}

/**
 * The bulk action of the page, at most one at a time. Leaving the page stops it after the current
 * request.
 * @param onFinished called with the ids of members whose outcome is known, to deselect them
 */
export function useBulkRun(onFinished: (ids: readonly string[]) => void) {
  const org = useOrganization();
  const highlights = useHighlights();
  const [run, setRun] = useState<BulkRun | null>(null);
  const stopping = useRef<AbortController | null>(null);
  const stop = useCallback(() => stopping.current?.abort(), []);
  const start = useCallback(
    (task: BulkTask) => {
      const controller = new AbortController();
      stopping.current = controller;
      setRun({ task, outcomes: new Map(), applied: null, isOver: false, failure: null });
      const listener = {
        sending: (ids: readonly string[]) => highlights.expectOwn(ids.map((id) => `member:${id}`)),
        finished(outcomes: ReadonlyMap<string, Outcome>, applied: Applied | null) {
          setRun(
            (before) =>
              before && {
                ...before,
                outcomes: new Map([...before.outcomes, ...outcomes]),
                applied: joinReceipts(before.applied, applied),
              },
          );
          onFinished([...outcomes.keys()]);
        },
      };
      const carryOut = async () => (await loadRunner()).runBulk(org, task, listener, controller.signal);
      void carryOut()
        .catch((error: unknown) => {
          if (error instanceof LoadFailure) return loadFailureText;
          throw error;
        })
        .then((failure) => setRun((before) => before && { ...before, isOver: true, failure }));
    },
    [org, highlights, onFinished],
  );
  const close = useCallback(() => setRun(null), []);
  useEffect(() => stop, [stop]);
  return useMemo(() => ({ run, start, stop, close }), [run, start, stop, close]);
}
