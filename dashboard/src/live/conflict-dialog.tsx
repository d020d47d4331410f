import type { ReactNode } from 'react';
import { Button } from '../kit/button.ts';
import { Dialog } from '../kit/dialog.ts';
import './use-edit.css';

export interface Conflict {
  readonly what: string;
  readonly theirs: ReactNode;
  readonly mine: ReactNode;
  resolve(keepsMine: boolean): void;
}

/** Shows another user's edit beside the viewer's own, to choose between them. */
export default function ConflictDialog({ what, theirs, mine, resolve }: Conflict) {
  return (
    <Dialog
      title={`${what} changed while you were editing`}
      description="Choose which version to keep."
      onClose={() => resolve(false)}
      actions={
        <>
          <Button onClick={() => resolve(false)}>Keep theirs</Button>
          <Button variant="primary" onClick={() => resolve(true)}>
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
