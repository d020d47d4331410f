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

/** Shows another user's edit beside the viewer's own, to choose between them. */
export default function ConflictDialog({ what, theirs, mine, answer }: Asked) {
  return (
    <Dialog
      title={`${what} changed while you were editing`}
      description="Choose which version to keep."
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
          <dt>Their version</dt>
          <dd>{theirs}</dd>
        </div>
        <div>
          <dt>Your version</dt>
          <dd>{mine}</dd>
        </div>
      </dl>
    </Dialog>
  );
}
