import type { ReactNode } from 'react';
import { Button } from '../kit/button.tsx';
import { Dialog } from '../kit/dialog.tsx';
import './use-edit.css';

export interface Asked {
  readonly what: string;
  readonly theirs: ReactNode;
  readonly mine: ReactNode;
  answer(keepsMine: boolean): void;
}

/** Shows what somebody else saved beside one's own edit, and asks which it should be. */
export default function ConflictDialog({ what, theirs, mine, answer }: Asked) {
  return (
    <Dialog
      title={`${what} was changed meanwhile`}
      description="Somebody else changed it while you did. Which one should it be?"
      onClose={() => answer(false)}
      actions={
        <>
          <Button onClick={() => answer(false)}>Keep theirs</Button>
          <Button variant="primary" onClick={() => answer(true)}>
            Save mine
          </Button>
        </>
      }
    >
      <dl className="conflict">
        <div>
          <dt>Theirs, as it is now</dt>
          <dd>{theirs}</dd>
        </div>
        <div>
          <dt>Yours</dt>
          <dd>{mine}</dd>
        </div>
      </dl>
    </Dialog>
  );
}
