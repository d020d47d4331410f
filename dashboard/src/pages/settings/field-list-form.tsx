import { type FormEvent, useState } from 'react';
import { Button } from '../../kit/button.ts';
import { TextAreaField } from '../../kit/field.ts';
import { Form } from '../../kit/form.tsx';
import { ReadOnlyRow } from '../../kit/section.tsx';
import { nameOfSetting } from '../../live/setting-names.ts';
import type { SettingContext } from './setting-switch.tsx';
import { useDraft } from './use-draft.ts';

const lists = [
  { name: 'sensitiveFields', hint: 'Names of additional fields to scrub. One per line.' },
  { name: 'safeFields', hint: 'Names of fields that are never scrubbed. One per line.' },
] as const;

export function FieldListForm({ organization, whyNot, save }: SettingContext) {
  const { base, mine, isDirty, valueIn, change, reset } = useDraft<'sensitiveFields' | 'safeFields'>(organization);
  const [errors, setErrors] = useState<Readonly<Record<string, string>>>({});
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!isDirty || isBusy) return;
    setBusy(true);
    // Users may separate names with empty lines.
    const cleaned = Object.fromEntries(
      Object.entries(mine).map(([name, value]) => [name, (value as string[]).map((line) => line.trim()).filter(Boolean)]),
    );
    const outcome = await save({
      what: 'The list of fields',
      base,
      mine: cleaned,
      keys: Object.keys(mine).map((name) => `setting:${name}`),
      done: 'Saved',
      show: (values) =>
        Object.values(values)
          .map((value) => (value as string[]).join(', ') || 'None')
          .join(' · '),
    });
    if (typeof outcome === 'string') reset();
    setErrors(typeof outcome === 'string' ? {} : outcome);
    setBusy(false);
  };
  if (whyNot !== null)
    return lists.map(({ name, hint }) => (
      <ReadOnlyRow key={name} title={nameOfSetting(name)} hint={hint} value={organization[name].join('\n') || 'None'} />
    ));
  return (
    <Form unsaved={isDirty ? 'lists of fields' : null} isBusy={isBusy} className="section-form field-lists" onSubmit={submit}>
      {lists.map(({ name, hint }) => (
        <TextAreaField
          key={name}
          label={nameOfSetting(name)}
          hint={hint}
          error={errors[name]}
          rows={3}
          value={valueIn(name).join('\n')}
          spellCheck={false}
          onValue={(text) => change(name, text === '' ? [] : text.split('\n'))}
        />
      ))}
      <div className="section-actions">
        <Button
          type="submit"
          variant="primary"
          aria-label="Save lists"
          isBusy={isBusy}
          whyNot={isDirty ? null : 'There are no changes to save.'}
        >
          Save
        </Button>
        {isDirty && (
          <Button variant="quiet" onClick={reset}>
            Discard
          </Button>
        )}
      </div>
    </Form>
  );
}
