import { OutcomeList } from '@rollcall/react/parts';
import { useState } from 'react';
import { Button } from '../../kit/button.ts';
import { Dialog } from '../../kit/dialog.ts';
import { describeEnded } from './describe-ended.ts';
import type { BulkRun } from './use-bulk-run.ts';
import './bulk-bar.css';

interface BulkProgressProps {
  readonly run: BulkRun;
  onStop(): void;
  onClose(): void;
}

/** The progress of a bulk action and then its results. Replaces the bar that started it. */
export default function BulkProgress({ run, onStop, onClose }: BulkProgressProps) {
  const { task, outcomes, isOver, failure } = run;
  const [isStopping, setStopping] = useState(false);
  const [isShowingDetails, setShowingDetails] = useState(false);
  const exceptions = task.members.flatMap(({ id, email, name }) => {
    const outcome = outcomes.get(id);
    return outcome && outcome.reason !== 'Done' ? [{ key: id, label: email ?? name, outcome }] : [];
  });
  const notChanged = exceptions.filter(({ outcome }) => outcome.kind !== 'done').length;
  return (
    <section className="bulk-bar" aria-label="Bulk action">
      <p role="status" className="bulk-summary">
        {isOver
          ? summaryOf(run, outcomes.size - notChanged, notChanged)
          : `${task.doing}… ${numbersOf(outcomes.size, task.members.length)}`}
      </p>
      {!isOver && <progress className="rollcall-progress-bar" aria-label={task.doing} value={outcomes.size} max={task.members.length} />}
      {failure !== null && (
        <p role="alert" className="bulk-failure">
          {failure}
        </p>
      )}
      {isOver && exceptions.length > 0 && (
        <Button isSmall onClick={() => setShowingDetails(true)}>
          Show details
        </Button>
      )}
      {isOver ? (
        <Button isSmall onClick={onClose}>
          Close
        </Button>
      ) : (
        <Button
          isSmall
          isBusy={isStopping}
          onClick={() => {
            setStopping(true);
            onStop();
          }}
        >
          Stop
        </Button>
      )}
      {isShowingDetails && (
        <Dialog
          title={notChanged > 0 ? `${notChanged.toLocaleString('en')} not ${task.done}` : 'Details'}
          onClose={() => setShowingDetails(false)}
          actions={<Button onClick={() => setShowingDetails(false)}>Close</Button>}
        >
          <OutcomeList entries={exceptions} />
        </Dialog>
      )}
    </section>
  );
}

function numbersOf(finished: number, all: number): string {
  return `${finished.toLocaleString('en')} of ${all.toLocaleString('en')}`;
}

/**
 * "4 members updated, 2 not. Stopped. 100 members weren’t changed and are still selected.", "2
 * members removed. Access ended everywhere, 3 connections closed."
 */
function summaryOf({ task, outcomes, applied, failure }: BulkRun, done: number, notChanged: number): string {
  const left = task.members.length - outcomes.size;
  const words = `${done.toLocaleString('en')} ${done === 1 ? 'member' : 'members'} ${task.done}`;
  // The members of a request whose response was lost may have been changed.
  const may = 'may not have been changed';
  const [was, were] = failure === null ? ['wasn’t changed', 'weren’t changed'] : [may, may];
  return [
    `${notChanged > 0 ? `${words}, ${notChanged.toLocaleString('en')} not` : words}${describeEnded(applied)}.`,
    ...(left > 0
      ? [
          left === 1
            ? `Stopped. 1 member ${was} and is still selected.`
            : `Stopped. ${left.toLocaleString('en')} members ${were} and are still selected.`,
        ]
      : []),
  ].join(' ');
}
