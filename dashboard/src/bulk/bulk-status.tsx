import { OutcomeList } from '@rollcall/react/parts';
import { X } from 'lucide-react';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { Button, IconButton } from '../kit/button.ts';
import { Dialog } from '../kit/dialog.ts';
import { focusPage } from '../kit/focus-page.ts';
import { useNow } from '../kit/use-now.ts';
import { type BulkJob, leftOf, sizeOf } from './bulk-job.ts';
import { notChangedIn, summaryOf } from './bulk-summary.ts';
import { changed } from './bulk-task.ts';
import './bulk-status.css';

interface BulkStatusProps {
  readonly job: BulkJob;
  readonly isRunning: boolean;
  onStop(): void;
  onContinue(): void;
  onUndo(): void;
  onClose(): void;
}

/** The progress of a bulk action at the bottom of every page, and then its result. */
export function BulkStatus({ job, isRunning, onStop, onContinue, onUndo, onClose }: BulkStatusProps) {
  const { doing, done, organization, outcomes, problem, labels, undoUntil, isStopped, isLost } = job;
  const [location] = useLocation();
  const now = useNow(1_000);
  const [isShowingDetails, setShowingDetails] = useState(false);
  const left = leftOf(job);
  const size = sizeOf(job);
  const isElsewhere = ![organization.slug, organization.id].includes(location.split('/')[2] ?? '');
  const where = isElsewhere ? ` in ${organization.name}` : '';
  const exceptions = [...outcomes].filter(([id, { reason }]) => reason !== changed.reason && labels.has(id));
  const notChanged = notChangedIn(job);
  const section = useKeptFocus(isRunning);
  const dismiss = () => {
    onClose();
    focusPage();
  };
  return (
    <section className="bulk-job" aria-label="Bulk action" ref={section} tabIndex={-1}>
      <p className="bulk-text">
        <span role="status">{isRunning ? `${doing}${where}` : summaryOf(job, where)}</span>
        {isRunning && ` · ${(size - left).toLocaleString('en')} of ${size.toLocaleString('en')}`}
        {problem !== null && !isLost && (
          <span role="alert" className="bulk-problem">
            {problem}
          </span>
        )}
      </p>
      {isRunning && <progress className="rollcall-progress-bar" aria-label={doing} value={size - left} max={size} />}
      <span className="bulk-actions">
        {isRunning && (
          <Button isSmall isBusy={isStopped} onClick={onStop}>
            Stop
          </Button>
        )}
        {!isRunning && left > 0 && !isLost && (
          <Button isSmall variant="primary" onClick={onContinue}>
            {left.toLocaleString('en')} not done: Continue
          </Button>
        )}
        {!isRunning && exceptions.length > 0 && (
          <Button isSmall onClick={() => setShowingDetails(true)}>
            Show details
          </Button>
        )}
        {!isRunning && undoUntil !== null && now < undoUntil && (
          <Button isSmall onClick={onUndo}>
            Undo
          </Button>
        )}
        {!isRunning && <IconButton icon={X} label="Dismiss" onClick={dismiss} />}
      </span>
      {isShowingDetails && (
        <Dialog
          title={notChanged > 0 ? `${notChanged.toLocaleString('en')} not ${done}` : 'Details'}
          onClose={() => setShowingDetails(false)}
          actions={<Button onClick={() => setShowingDetails(false)}>Close</Button>}
        >
          <OutcomeList entries={exceptions.map(([id, outcome]) => ({ key: id, label: labels.get(id)!, outcome }))} />
        </Dialog>
      )}
    </section>
  );
}

/**
 * The buttons come and go. If the one that has the focus goes, the section gets it, and also if the
 * dialog that started the action has lost it.
 */
function useKeptFocus(isRunning: boolean) {
  const section = useRef<HTMLElement>(null);
  const hadFocus = section.current?.contains(document.activeElement) ?? false;
  const isStarted = useRef(isRunning);
  useEffect(() => {
    if (isStarted.current && isFocusLost()) section.current?.focus();
  }, []);
  useLayoutEffect(() => {
    if (hadFocus && isFocusLost()) section.current?.focus();
  });
  return section;
}

function isFocusLost(): boolean {
  return document.activeElement === null || document.activeElement === document.body;
}
