import { LoadFailureContext, loadable, loadFailureText, OnDemand } from '@rollcall/react/parts';
import { type ReactNode, useCallback, useContext, useMemo, useState } from 'react';
import { BulkContext } from './bulk-context.ts';
import type { BulkTask } from './bulk-task.ts';
import { hasSavedJob } from './saved-job.ts';

const BulkHost = loadable(() => import('./bulk-host.tsx'));

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
  const showFailure = useContext(LoadFailureContext);
  const start = useCallback(
    async (task: BulkTask, expectOwn: Given['expectOwn']) => {
      setWhyNot('Another bulk action is starting.');
      try {
        await BulkHost.load();
      } catch (failure) {
        showFailure(loadFailureText);
        throw failure;
      } finally {
        setWhyNot(null);
      }
      setGiven((before) => ({ number: (before?.number ?? 0) + 1, task, expectOwn }));
    },
    [showFailure],
  );
  const close = useCallback(() => {
    setGiven(null);
    setWhyNot(null);
  }, []);
  const fail = useCallback(() => {
    setGiven(null);
    // Another action would replace the saved one.
    if (hasSavedJob()) setWhyNot('Reload the page first, to continue or dismiss the last bulk action.');
  }, []);
  const value = useMemo(() => ({ whyNot, start }), [whyNot, start]);
  return (
    <BulkContext.Provider value={value}>
      {children}
      {given && (
        <OnDemand fallback={null} onFailed={fail}>
          <BulkHost key={given.number} task={given.task} expectOwn={given.expectOwn} onWhyNot={setWhyNot} onClose={close} />
        </OnDemand>
      )}
    </BulkContext.Provider>
  );
}
