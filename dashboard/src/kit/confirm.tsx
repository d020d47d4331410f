import { useLeaveQuestion } from '@rollcall/react/parts';
import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { responseAwaited } from '../leaving/leave-questions.ts';
import { Button } from './button.ts';
import { CancelButton } from './cancel-button.tsx';
import { Dialog } from './dialog.ts';
import { TextField } from './field.ts';
import { Form } from './form.tsx';

interface ConfirmProps {
  readonly title: string;
  /** Describes the effect, and whether it can be undone. */
  readonly children: ReactNode;
  /** The label of the button. It names the action. */
  readonly action: string;
  /** Whether the action can be undone or removes nothing. */
  readonly isHarmless?: boolean;
  /** Whether the response shows what the user must not miss, such as a secret. */
  readonly showsResponse?: boolean;
  /** The reason why the action is not possible. */
  readonly whyNot?: string | null;
  /** A text that the user must type first, such as a slug, if the action cannot be undone. */
  readonly typed?: string;
  /** The dialog stays open and busy until this resolves. */
  onConfirm(): Promise<unknown> | undefined;
  onClose(): void;
}

export function ConfirmDialog(props: ConfirmProps) {
  const { title, children, action, isHarmless = false, showsResponse = false, whyNot = null, typed, onConfirm, onClose } = props;
  const [text, setText] = useState('');
  const [isBusy, setBusy] = useState(false);
  const formId = useId();
  useLeaveQuestion(isBusy && showsResponse ? responseAwaited : null);
  const isMissing = typed !== undefined && text !== typed;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (isMissing || isBusy || whyNot !== null) return;
    setBusy(true);
    try {
      await onConfirm();
      onClose();
    } catch {
      // The error was shown by `onConfirm`; the user can try again.
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={title}
      description={children}
      onClose={() => !isBusy && onClose()}
      actions={
        <>
          <CancelButton isBusy={isBusy} onClose={onClose} />
          <Button
            variant={isHarmless ? 'primary' : 'danger'}
            type="submit"
            form={formId}
            isBusy={isBusy}
            whyNot={whyNot ?? (isMissing ? `Type “${typed}” to confirm.` : null)}
          >
            {action}
          </Button>
        </>
      }
    >
      <Form unsaved={null} id={formId} onSubmit={submit}>
        {typed !== undefined && (
          <TextField
            label={`Type “${typed}” to confirm`}
            value={text}
            onValue={setText}
            autoComplete="off"
            spellCheck={false}
            data-autofocus
          />
        )}
      </Form>
    </Dialog>
  );
}
