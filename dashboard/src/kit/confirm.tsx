import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { TextField } from './field.tsx';

interface ConfirmProps {
  readonly title: string;
  /** What will happen, and whether it can be taken back. */
  readonly children: ReactNode;
  /** Says what is done, not "OK". */
  readonly action: string;
  /** What must be typed first, for what cannot be taken back: a slug. */
  readonly typed?: string;
  /** Stays open and busy until it is done. */
  onConfirm(): Promise<unknown> | undefined;
  onClose(): void;
}

export function ConfirmDialog({ title, children, action, typed, onConfirm, onClose }: ConfirmProps) {
  const [text, setText] = useState('');
  const [isBusy, setBusy] = useState(false);
  const formId = useId();
  const isMissing = typed !== undefined && text !== typed;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (isMissing || isBusy) return;
    setBusy(true);
    try {
      await onConfirm();
      onClose();
    } catch {
      // Said where it went wrong; the dialog stays for another try.
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={title}
      description={children}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant="danger"
            type="submit"
            form={formId}
            isBusy={isBusy}
            whyNot={isMissing ? `Type ${typed} into the field first.` : null}
          >
            {action}
          </Button>
        </>
      }
    >
      <form id={formId} onSubmit={submit}>
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
      </form>
    </Dialog>
  );
}
