import { OrgError, type Scope } from '@rollcall/client';
import { TriangleAlert } from 'lucide-react';
import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { Button } from '../kit/button.tsx';
import { CopyText } from '../kit/copy-text.tsx';
import { Dialog } from '../kit/dialog.tsx';
import { TextField } from '../kit/field.tsx';
import { explain } from '../live/commands.tsx';
import { fieldErrorsOf } from '../live/field-errors.ts';
import { ScopePicker } from './scope-picker.tsx';

interface NewTokenDialogProps {
  readonly title: string;
  readonly description: ReactNode;
  readonly initial: readonly Scope[];
  whyNot(scope: Scope): string | null;
  /** Resolves to its text. Rejects with what the server had against it. */
  create(token: { readonly name: string; readonly scopes: readonly Scope[] }): Promise<string>;
  onClose(): void;
}

/** A server's limit on both kinds of tokens. */
const nameLengthMax = 255;

/** Makes a token, then shows its text: this once. */
export function NewTokenDialog({ title, description, initial, whyNot, create, onClose }: NewTokenDialogProps) {
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState<ReadonlySet<Scope>>(new Set(initial));
  const [errors, setErrors] = useState<Readonly<Record<string, string>>>({});
  const [text, setText] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const formId = useId();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (isBusy || chosen.size === 0) return;
    setBusy(true);
    setErrors({});
    try {
      setText(await create({ name: name.trim(), scopes: [...chosen] }));
    } catch (error) {
      if (!(error instanceof OrgError)) throw error;
      const byField = fieldErrorsOf(error);
      setErrors('scopes' in byField || 'name' in byField ? byField : { name: explain(error) });
      setBusy(false);
    }
  };
  if (text !== null) return <TokenShown name={name.trim()} text={text} onClose={onClose} />;
  return (
    <Dialog
      title={title}
      description={description}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant="primary"
            type="submit"
            form={formId}
            isBusy={isBusy}
            whyNot={chosen.size === 0 ? 'Choose at least one scope first.' : null}
          >
            Create token
          </Button>
        </>
      }
    >
      <form id={formId} onSubmit={submit} noValidate>
        <TextField
          label="Name"
          hint="What it is for: “Deploy pipeline”."
          value={name}
          onValue={setName}
          error={errors.name}
          maxLength={nameLengthMax}
          autoComplete="off"
          data-autofocus
        />
        <ScopePicker chosen={chosen} error={errors.scopes} whyNot={whyNot} onChange={setChosen} />
      </form>
    </Dialog>
  );
}

function TokenShown({ name, text, onClose }: { readonly name: string; readonly text: string; onClose(): void }) {
  return (
    <Dialog
      title={name === '' ? 'Your new token' : `Your new token “${name}”`}
      onClose={onClose}
      actions={
        <Button variant="plain" onClick={onClose}>
          I have kept it
        </Button>
      }
    >
      <p className="notice" role="alert">
        <TriangleAlert size={16} aria-hidden />
        Copy it now: it is shown this once, and nobody can show it again. Whoever has it can do what it may.
      </p>
      <CopyText label="Token" text={text} />
    </Dialog>
  );
}
