import { apiLimits, type Scope } from '@rollcall/client';
import type { Option } from '@rollcall/react/parts';
import { type ReactNode, useState } from 'react';
import { SelectField, TextField } from '../kit/field.ts';
import { CopyDialog } from '../kit/secret-dialog.tsx';
import { FormDialog } from '../live/form-dialog.tsx';
import { ScopePicker } from './scope-picker.tsx';

interface NewToken {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly expiresAt?: string;
}

/** A script that is in use for longer gets another token. */
const defaultDays = '90';
const never = 'never';
const lifetimes: readonly Option[] = [
  { value: '7', label: '7 days' },
  { value: '30', label: '30 days' },
  { value: defaultDays, label: '90 days' },
  { value: '365', label: '1 year' },
  { value: never, label: 'Never' },
];

interface NewTokenDialogProps {
  readonly title: string;
  readonly description: ReactNode;
  readonly initial: readonly Scope[];
  whyNot(scope: Scope): string | null;
  /** Whether the user chooses when the token expires. */
  readonly mayExpire?: boolean;
  /** Resolves to the token's text. Rejects with the server's error. */
  create(token: NewToken): Promise<string>;
  onClose(): void;
}

/** Creates a token, then shows its text once. */
export function NewTokenDialog({ title, description, initial, whyNot, mayExpire = false, create, onClose }: NewTokenDialogProps) {
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState<ReadonlySet<Scope>>(new Set(initial));
  const [days, setDays] = useState(mayExpire ? defaultDays : never);
  const [text, setText] = useState<string | null>(null);
  if (text !== null) return <TokenShown name={name.trim()} text={text} onClose={onClose} />;
  return (
    <FormDialog
      title={title}
      description={description}
      action="Create token"
      whyNot={chosen.size === 0 ? 'Select at least one scope.' : null}
      fields={['name', 'scopes', 'expiresAt']}
      onSubmit={() => create({ name: name.trim(), scopes: [...chosen], ...expiryOf(days) })}
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
          {mayExpire && <SelectField label="Expires after" value={days} options={lifetimes} onValue={setDays} error={errors.expiresAt} />}
          <ScopePicker chosen={chosen} error={errors.scopes} whyNot={whyNot} onChange={setChosen} />
        </>
      )}
    </FormDialog>
  );
}

function expiryOf(days: string): Pick<NewToken, 'expiresAt'> {
  return days === never ? {} : { expiresAt: new Date(Date.now() + Number(days) * 86_400_000).toISOString() };
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
