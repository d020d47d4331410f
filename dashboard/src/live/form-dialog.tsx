import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { Button } from '../kit/button.tsx';
import { Dialog } from '../kit/dialog.tsx';
import { fieldErrorsOf } from './field-errors.ts';

interface FormDialogProps {
  readonly title: string;
  readonly description?: ReactNode;
  /** Says what is done: "Create team". */
  readonly action: string;
  /** What is missing yet. */
  readonly whyNot?: string | null;
  /** The fields, with what the server said against each. */
  readonly children: (errors: Readonly<Record<string, string>>) => ReactNode;
  /** Rejects when it was refused: the dialog then stays, with what was typed. */
  onSubmit(): Promise<unknown>;
  onClose(): void;
}

export function FormDialog({ title, description, action, whyNot, children, onSubmit, onClose }: FormDialogProps) {
  const formId = useId();
  const [isBusy, setBusy] = useState(false);
  const [errors, setErrors] = useState<Readonly<Record<string, string>>>({});
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (isBusy || whyNot) return;
    setBusy(true);
    try {
      await onSubmit();
      onClose();
    } catch (error) {
      setErrors(fieldErrorsOf(error));
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={title}
      description={description}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" type="submit" form={formId} isBusy={isBusy} whyNot={whyNot}>
            {action}
          </Button>
        </>
      }
    >
      <form id={formId} onSubmit={submit} noValidate>
        {children(errors)}
      </form>
    </Dialog>
  );
}
