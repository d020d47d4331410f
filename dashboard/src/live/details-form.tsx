import type { CommandOptions, CommandResult } from '@rollcall/client';
import { type FormEvent, useState } from 'react';
import { Button } from '../kit/button.ts';
import { TextField } from '../kit/field.ts';
import { type FormErrors, formErrorsOf } from './field-errors.ts';
import { useEdit } from './use-edit.tsx';

type Values = Readonly<Record<string, string>>;

interface DetailsFormProps {
  /** The name of the record: "#web". */
  readonly name: string;
  readonly fields: readonly { readonly key: string; readonly label: string; readonly hint?: string }[];
  /** The current values. */
  readonly values: Values;
  readonly whyNot: string | null;
  readonly keys: readonly string[];
  /** Reads the current values from the local state; null if the record was removed. */
  read(): Values | null;
  save(changes: Values, options: CommandOptions): Promise<CommandResult<unknown>>;
}

/**
 * A form for the texts of a record. A field shows changes by other users until it is edited here,
 * and only edited fields are saved.
 */
export function DetailsForm({ name, fields, values, whyNot, keys, read, save }: DetailsFormProps) {
  const { saveEdit, conflict } = useEdit();
  const [draft, setDraft] = useState<Values>({});
  /** The values of the edited fields when editing began. */
  const [base, setBase] = useState<Values>({});
  const [errors, setErrors] = useState<FormErrors>({});
  const [isBusy, setBusy] = useState(false);
  const changedKeys = Object.keys(draft).filter((key) => draft[key] !== base[key]);
  const only = (all: Values) => Object.fromEntries(changedKeys.map((key) => [key, all[key] ?? '']));
  const touch = (key: string, value: string) => {
    setBase((before) => (key in before ? before : { ...before, [key]: values[key] ?? '' }));
    setDraft((before) => ({ ...before, [key]: value }));
  };
  const reset = () => {
    setDraft({});
    setBase({});
    setErrors({});
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (isBusy || changedKeys.length === 0) return;
    setBusy(true);
    try {
      await saveEdit<Values>({
        what: `The details of ${name}`,
        base: only(base),
        mine: only(draft),
        keys,
        done: `Saved the details of ${name}`,
        read: () => only(read() ?? {}),
        save,
        show: (shown) => Object.values(shown).join(', ') || 'None',
      });
      reset();
    } catch (error) {
      setErrors(formErrorsOf(error));
    }
    setBusy(false);
  };
  const isTouched = changedKeys.length > 0;
  if (whyNot !== null) return <ReadOnlyDetails fields={fields} values={values} whyNot={whyNot} />;
  return (
    <form onSubmit={submit} noValidate>
      {fields.map(({ key, label, hint }) => (
        <TextField
          key={key}
          label={label}
          hint={hint}
          error={errors[key]}
          value={draft[key] ?? values[key] ?? ''}
          onValue={(value) => touch(key, value)}
          autoComplete="off"
          spellCheck={false}
        />
      ))}
      {errors.form && (
        <p className="rollcall-field-error" role="alert">
          {errors.form}
        </p>
      )}
      <span className="row-actions">
        {isTouched && (
          <Button isSmall onClick={reset}>
            Discard
          </Button>
        )}
        <Button
          isSmall
          type="submit"
          variant={isTouched ? 'primary' : 'plain'}
          isBusy={isBusy}
          whyNot={isTouched ? null : 'There are no changes to save.'}
        >
          Save
        </Button>
      </span>
      {conflict}
    </form>
  );
}

/** The details as plain text, with a sentence about who may change them. */
function ReadOnlyDetails({ fields, values, whyNot }: Pick<DetailsFormProps, 'fields' | 'values'> & { readonly whyNot: string }) {
  return (
    <>
      <dl className="details-read">
        {fields.map(({ key, label }) => (
          <div key={key}>
            <dt>{label}</dt>
            <dd>{values[key] || '–'}</dd>
          </div>
        ))}
      </dl>
      <p className="panel-note">{whyNot}</p>
    </>
  );
}
