import { discardEntered } from '@rollcall/react/parts';
import { type FormEvent, type ReactNode, useId, useLayoutEffect, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { Button } from '../kit/button.ts';
import { CancelButton } from '../kit/cancel-button.tsx';
import { Dialog } from '../kit/dialog.ts';
import { Form } from '../kit/form.tsx';
import { useFormQuestion } from '../leaving/use-form-question.ts';
import { type FormErrors, formErrorsOf } from './field-errors.ts';

interface FormDialogProps<Done, Field extends string> {
  readonly title: string;
  readonly description?: ReactNode;
  /** The label of the button: "Create team". */
  readonly action: string;
  /** The reason why the form cannot be sent yet. */
  readonly whyNot?: string | null;
  /** The keys of the errors that `children` shows. The dialog shows the others. */
  readonly fields: readonly Field[];
  /** Renders the fields with their errors. */
  readonly children: (errors: Readonly<Partial<Record<Field, string>>>) => ReactNode;
  /** If it rejects, the dialog stays open and shows the error. */
  onSubmit(): Promise<Done>;
  /** Called with the result. Default: closes the dialog. */
  onDone?(done: Done): void;
  onClose(): void;
}

/**
 * A dialog with a form. It stays open until the server has responded, so that neither an error nor
 * a token that the server has created is lost.
 */
export function FormDialog<Done, Field extends string>(props: FormDialogProps<Done, Field>) {
  const { title, description, action, whyNot, fields, children, onSubmit, onDone, onClose } = props;
  const formId = useId();
  const [isBusy, setBusy] = useState(false);
  const [errors, setErrors] = useState<FormErrors>({});
  const { form, isEdited, onEdit } = useEdited();
  const { leave, stopAsking } = useFormQuestion(isEdited ? discardEntered : null, isBusy);
  const others = Object.keys(errors).filter((key) => !(fields as readonly string[]).includes(key));
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (isBusy || whyNot) return;
    setBusy(true);
    try {
      const done = await onSubmit();
      // The result can open another page. At once, so that nothing comes between it and its own
      // question.
      stopAsking();
      flushSync(() => (onDone ? onDone(done) : onClose()));
    } catch (error) {
      setErrors(formErrorsOf(error));
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={title}
      description={description}
      onClose={() => !isBusy && leave(onClose)}
      actions={
        <>
          <CancelButton isBusy={isBusy} onClose={onClose} />
          <Button variant="primary" type="submit" form={formId} isBusy={isBusy} whyNot={whyNot}>
            {action}
          </Button>
        </>
      }
    >
      <Form ref={form} id={formId} unsaved={null} onSubmit={submit} onInput={onEdit} onClick={onEdit} noValidate>
        {children(errors as Partial<Record<Field, string>>)}
        {others.length > 0 && (
          <p className="rollcall-field-error" role="alert">
            {others.map((key) => errors[key]).join(' ')}
          </p>
        )}
      </Form>
    </Dialog>
  );
}

/** Whether the user has changed a field of a form. Fields that are filled in later don't count. */
function useEdited() {
  const form = useRef<HTMLFormElement>(null);
  const initial = useRef<string | null>(null);
  const [isEdited, setEdited] = useState(false);
  // After every render, since the fields are controlled. A layout effect, because its update is
  // rendered at once. A passive effect leaves time for Escape to close a form that counts as empty.
  useLayoutEffect(() => {
    const content = contentOf(form.current);
    if (initial.current === null || !isTouched.current) initial.current = content;
    setEdited(content !== initial.current);
  });
  const isTouched = useRef(false);
  const onEdit = () => {
    isTouched.current = true;
  };
  return { form, isEdited, onEdit };
}

/** The values of the fields. Buttons count too, since lists of chosen entries consist of them. */
function contentOf(form: HTMLFormElement | null): string {
  return [...(form?.elements ?? [])]
    .map((field) => {
      if (field instanceof HTMLInputElement) return /checkbox|radio/.test(field.type) ? field.checked : field.value;
      return field instanceof HTMLSelectElement || field instanceof HTMLTextAreaElement ? field.value : field.ariaLabel;
    })
    .join('\n');
}
