import type { CommandOptions, CommandResult } from '@rollcall/client';
import { type FormEvent, useState } from 'react';
import { Button } from '../kit/button.ts';
import { TextField } from '../kit/field.ts';
import { Form } from '../kit/form.tsx';
import { type FormErrors, formErrorsOf, shownBy } from './field-errors.ts';
import { useEdit } from './use-edit.tsx';

type Values = Readonly<Record<string, string>>;

/** The edited fields, each with its value when editing began. */
type Edits = Readonly<Record<string, { readonly value: string; readonly base: string }>>;

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
  const [edits, setEdits] = useState<Edits>({});
  const [errors, setErrors] = useState<FormErrors>({});
  const [isBusy, setBusy] = useState(false);
  const changed = Object.entries(edits).filter(([, { value, base }]) => value !== base);
  const only = (all: Values) => Object.fromEntries(changed.map(([key]) => [key, all[key] ?? '']));
  const touch = (key: string, value: string) =>
    setEdits((before) => ({ ...before, [key]: { value, base: before[key]?.base ?? values[key] ?? '' } }));
  const discard = () => {
    setEdits({});
    setErrors({});
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (isBusy || changed.length === 0) return;
    setBusy(true);
    const mine = Object.fromEntries(changed.map(([key, { value }]) => [key, value]));
    try {
      await saveEdit<Values>({
        what: `The details of ${name}`,
        base: Object.fromEntries(changed.map(([key, { base }]) => [key, base])),
        mine,
        keys,
        done: `Saved the details of ${name}`,
        read: () => only(read() ?? {}),
        save,
        show: (shown) => Object.values(shown).join(', ') || 'None',
      });
      setEdits((now) => editsAfter(now, mine));
      setErrors({});
    } catch (error) {
      const keysShown = fields.map(({ key }) => key);
      setErrors(shownBy(keysShown, formErrorsOf(error)));
    }
    setBusy(false);
  };
  const isTouched = changed.length > 0;
  if (whyNot !== null) return <ReadOnlyDetails fields={fields} values={values} whyNot={whyNot} />;
  return (
    <Form unsaved={isTouched ? name : null} isBusy={isBusy} onSubmit={submit} noValidate>
      {fields.map(({ key, label, hint }) => (
        <TextField
          key={key}
          label={label}
          hint={hint}
          error={errors[key]}
          value={edits[key]?.value ?? values[key] ?? ''}
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
          <Button isSmall onClick={discard}>
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
    </Form>
  );
}

/** The edits that remain once these values are saved: what was typed in the meantime. */
function editsAfter(edits: Edits, saved: Values): Edits {
  const left = Object.entries(edits).map(([key, { value, base }]) => [key, { value, base: saved[key] ?? base }] as const);
  return Object.fromEntries(left.filter(([, { value, base }]) => value !== base));
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
