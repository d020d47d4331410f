import { loadOnce, OnDemand } from '@rollcall/react/parts';
import { lazy, type ReactNode, useCallback, useMemo, useState } from 'react';
import { BulkContext } from './bulk-context.ts';
import type { BulkTask } from './bulk-task.ts';
import { hasSavedJob } from './saved-job.ts';

const BulkHost = lazy(loadOnce(() => import('./bulk-host.tsx')));

/** The content of the host. Without a task, the job that was saved when the page was left. */
interface Given {
  readonly number: number;
  readonly task: BulkTask | null;
  expectOwn(ids: readonly string[]): void;
}

/**
 * The bulk action of the console, at most one at a time. It belongs to no page: it continues, and
 * its result stays, while the user opens other pages and organizations.
 */
export function BulkProvider({ children }: { readonly children: ReactNode }) {
  const [given, setGiven] = useState<Given | null>(() => (hasSavedJob() ? { number: 0, task: null, expectOwn() {} } : null));
  const [whyNot, setWhyNot] = useState<string | null>(null);
  const start = useCallback((task: BulkTask, expectOwn: Given['expectOwn']) => {
    setGiven((before) => ({ number: (before?.number ?? 0) + 1, task, expectOwn }));
  }, []);
  const close = useCallback(() => {
    setGiven(null);
    setWhyNot(null);
  }, []);
  const value = useMemo(() => ({ whyNot, start }), [whyNot, start]);
  return (
    <BulkContext.Provider value={value}>
      {children}
      {given && (
        <OnDemand fallback={null} onFailed={close}>
          <BulkHost key={given.number} task={given.task} expectOwn={given.expectOwn} onWhyNot={setWhyNot} onClose={close} />
        </OnDemand>
      )}
    </BulkContext.Provider>
  );
}
