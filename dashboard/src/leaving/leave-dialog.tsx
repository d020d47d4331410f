import type { Question } from '@rollcall/react/parts';
import { Button } from '../kit/button.ts';
import { Dialog } from '../kit/dialog.ts';

interface LeaveDialogProps {
  readonly question: Question;
  onAnswer(mayLeave: boolean): void;
}

export default function LeaveDialog({ question: { title, text, action }, onAnswer }: LeaveDialogProps) {
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
