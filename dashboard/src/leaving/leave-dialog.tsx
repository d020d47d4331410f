import type { Question } from '@rollcall/react/parts';
import { Button } from '../kit/button.ts';
import { Dialog } from '../kit/dialog.ts';

interface LeaveDialogProps {
  readonly question: Question;
  onAnswer(mayLeave: boolean): void;
}

/** Loaded with the console itself, since work would be lost if it failed to load. */
export function LeaveDialog({ question: { title, text, action }, onAnswer }: LeaveDialogProps) {
  return (
    <Dialog
      title={title}
      description={text}
      onClose={() => onAnswer(false)}
      actions={
        <>
          <Button onClick={() => onAnswer(false)} data-autofocus>
            Cancel
          </Button>
          <Button variant="danger" onClick={() => onAnswer(true)}>
            {action}
          </Button>
        </>
      }
    />
  );
}
