import { apiLimits, type Scope } from '@rollcall/client';
import { type ReactNode, useState } from 'react';
import { TextField } from '../kit/field.ts';
import { CopyDialog } from '../kit/secret-dialog.tsx';
import { FormDialog } from '../live/form-dialog.tsx';
import { ScopePicker } from './scope-picker.tsx';

interface NewTokenDialogProps {
  readonly title: string;
  readonly description: ReactNode;
  readonly initial: readonly Scope[];
  whyNot(scope: Scope): string | null;
  /** Resolves to the token's text. Rejects with the server's error. */
  create(token: { readonly name: string; readonly scopes: readonly Scope[] }): Promise<string>;
  onClose(): void;
}

/** Creates a token, then shows its text once. */
export function NewTokenDialog({ title, description, initial, whyNot, create, onClose }: NewTokenDialogProps) {
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState<ReadonlySet<Scope>>(new Set(initial));
  const [text, setText] = useState<string | null>(null);
  if (text !== null) return <TokenShown name={name.trim()} text={text} onClose={onClose} />;
  return (
    <FormDialog
      title={title}
      description={description}
      action="Create token"
      whyNot={chosen.size === 0 ? 'Select at least one scope.' : null}
      fields={['name', 'scopes']}
      onSubmit={() => create({ name: name.trim(), scopes: [...chosen] })}
      onDone={setText}
      onClose={onClose}
    >
      {(errors) => (
        <>
          <TextField
            label="Name"
            hint="For example, “Deploy pipeline”."
            value={name}
            onValue={setName}
            error={errors.name}
            maxLength={apiLimits.tokenNameLengthMax}
            autoComplete="off"
            data-autofocus
          />
          <ScopePicker chosen={chosen} error={errors.scopes} whyNot={whyNot} onChange={setChosen} />
        </>
      )}
    </FormDialog>
  );
}

function TokenShown({ name, text, onClose }: { readonly name: string; readonly text: string; onClose(): void }) {
  return (
    <CopyDialog
      title={name === '' ? 'Your new token' : `Your new token “${name}”`}
      label="Token"
      noun="token"
      text={text}
      notice="Copy it now. You won’t be able to see this token again."
      onClose={onClose}
    />
  );
}
