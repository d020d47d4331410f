import { useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { OutcomeList } from '../../kit/progress-list.tsx';
import type { BulkRun } from './use-bulk-run.ts';
import './bulk-bar.css';

interface BulkProgressProps {
  readonly run: BulkRun;
  onStop(): void;
  onClose(): void;
}

/** How far a bulk action is, in the place of the bar that started it, and then what became of it. */
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
      {!isOver && <progress className="progress-bar" aria-label={task.doing} value={outcomes.size} max={task.members.length} />}
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

function numbersOf(settled: number, all: number): string {
  return `${settled.toLocaleString('en')} of ${all.toLocaleString('en')}`;
}

/** "4 members updated, 2 not. 100 not begun and still selected." */
function summaryOf({ task, outcomes }: BulkRun, done: number, notChanged: number): string {
  const left = task.members.length - outcomes.size;
  const words = `${done.toLocaleString('en')} ${done === 1 ? 'member' : 'members'} ${task.done}`;
  return [
    notChanged > 0 ? `${words}, ${notChanged.toLocaleString('en')} not.` : `${words}.`,
    ...(left > 0 ? [`Stopped: ${left.toLocaleString('en')} not begun and still selected.`] : []),
  ].join(' ');
}
