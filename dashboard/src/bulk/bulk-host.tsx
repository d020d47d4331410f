import { OrganizationProvider } from '@rollcall/client/react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useAnnounce } from '../kit/announcer.tsx';
import { Dock } from '../kit/dock.tsx';
import { leaveQuestions } from '../leaving/leave-questions.ts';
import { useOrganizations } from '../session/organizations.ts';
import { useSession } from '../session/session.tsx';
import { type BulkJob, jobOf, leftOf } from './bulk-job.ts';
import { type BulkRequest, BulkRunner } from './bulk-runner.tsx';
import { BulkStatus } from './bulk-status.tsx';
import type { BulkTask } from './bulk-task.ts';
import { forgetSavedJob, readSavedJob, saveJob } from './saved-job.ts';

interface BulkHostProps {
  readonly task: BulkTask | null;
  expectOwn(ids: readonly string[]): void;
  onWhyNot(whyNot: string | null): void;
  onClose(): void;
}

/** Runs a bulk action and shows its progress and its result, until the user dismisses it. */
export default function BulkHost({ task, expectOwn, onWhyNot, onClose }: BulkHostProps) {
  const { me } = useSession();
  const announce = useAnnounce();
  const [job, setJob] = useState<BulkJob | null>(() => (task ? jobOf(task) : readSavedJob(me.id)));
  const [request, setRequest] = useState<BulkRequest | null>(task ? 'run' : null);
  const stopping = useRef<AbortController | null>(null);
  const current = useRef(job);
  current.current = job;
  const update = useCallback((change: (before: BulkJob) => BulkJob) => setJob((before) => before && change(before)), []);
  useEffect(forgetSavedJob, []);
  useEffect(() => {
    const save = () => current.current && saveJob(current.current, me.id);
    addEventListener('pagehide', save);
    addEventListener('pageshow', forgetSavedJob);
    return () => {
      removeEventListener('pagehide', save);
      removeEventListener('pageshow', forgetSavedJob);
    };
  }, [me.id]);
  const hasNone = job === null;
  useEffect(() => {
    if (hasNone) onClose();
  }, [hasNone, onClose]);
  const doing = request === null ? null : (job?.doing ?? null);
  useEffect(() => {
    if (doing !== null) announce(doing);
  }, [doing, announce]);
  const left = job ? leftOf(job) : 0;
  const isRunning = request !== null;
  useEffect(() => {
    onWhyNot(isRunning ? 'Another bulk action is running.' : left > 0 ? 'Continue or dismiss the last bulk action first.' : null);
    return () => onWhyNot(null);
  }, [isRunning, left, onWhyNot]);
  useRunningQuestion(isRunning ? doing : null, left);
  useAccessEnd(job?.organization.id ?? null, () => {
    stopping.current?.abort();
    // Nothing of the organization stays.
    update((before) => ({ ...before, labels: new Map(), before: null, isLost: true, problem: null }));
  });
  if (!job) return null;
  return (
    <>
      {request !== null && (
        <OrganizationProvider name={job.organization.id}>
          <BulkRunner
            job={job}
            request={request}
            stopping={stopping}
            expectOwn={expectOwn}
            onChange={update}
            onEnd={() => setRequest(null)}
          />
        </OrganizationProvider>
      )}
      <Dock order={2}>
        <BulkStatus
          job={job}
          isRunning={isRunning}
          onStop={() => {
            stopping.current?.abort();
            update((before) => ({ ...before, isStopped: true }));
          }}
          onContinue={() => setRequest('run')}
          onUndo={() => setRequest('undo')}
          onClose={onClose}
        />
      </Dock>
    </>
  );
}

/** Asks before a closed tab or a logout stops the action. */
function useRunningQuestion(doing: string | null, left: number): void {
  useEffect(() => {
    if (doing === null) return;
    const title = `Stop ${doing.charAt(0).toLowerCase()}${doing.slice(1)}?`;
    const text = left === 1 ? '1 member isn’t done.' : `${left.toLocaleString('en')} members aren’t done.`;
    return leaveQuestions.watch({ title, text, action: 'Stop' }, true);
  }, [doing, left]);
}

function useAccessEnd(id: string | null, onEnd: () => void): void {
  const organizations = useOrganizations();
  const wasListed = useRef(false);
  const isListed = organizations?.some((one) => one.id === id && one.blocked === undefined) ?? null;
  const end = useRef(onEnd);
  end.current = onEnd;
  useEffect(() => {
    if (isListed === false && wasListed.current) end.current();
    if (isListed !== null) wasListed.current = isListed;
  }, [isListed]);
}
