import type { RestRetention } from '@rollcall/client';
import { type FormEvent, useState } from 'react';
import { Button } from '../../kit/button.ts';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { TextField } from '../../kit/field.ts';
import { Form } from '../../kit/form.tsx';
import { ReadOnlyRow, Section } from '../../kit/section.tsx';
import { explain } from '../../live/explain.ts';
import { type FormErrors, fieldErrorsOf, formErrorsOf, shownBy } from '../../live/field-errors.ts';
import { useOrganization } from '../../live/organization.tsx';
import { useEdit } from '../../live/use-edit.tsx';
import { daysText, hintOf, removalTexts, settings } from './retention-texts.ts';
import { type Removals, useRemovals } from './use-removals.ts';
import { type Days, isDaysText, useRetentionDraft } from './use-retention-draft.ts';

interface RetentionFormProps {
  readonly retention: RestRetention;
  /** The removals by the stored settings. */
  readonly due: Removals;
  readonly whyNot: string | null;
}

const fields = settings.map(({ name }) => name);

/** The settings, and what they remove. The user confirms a change that removes anything. */
export function RetentionForm({ retention, due, whyNot }: RetentionFormProps) {
  const org = useOrganization();
  const { saved, base, mine, isChanged, isValid, textIn, read, edit, reset } = useRetentionDraft();
  const { saveEdit, conflict } = useEdit();
  const hasDraft = isChanged && isValid;
  const drafted = useRemovals(hasDraft ? mine : null);
  const { preview, error, refresh } = hasDraft ? drafted : due;
  const [errors, setErrors] = useState<FormErrors>({});
  const [isConfirming, setConfirming] = useState(false);
  const [isBusy, setBusy] = useState(false);
  /** The counts include what a planned plan removes, a day later. */
  const within = retention.planned ? 'two days' : 'a day';
  const refused = fieldErrorsOf(error);
  const removals = preview && removalTexts(preview.removes);
  const isRefused = fields.some((name) => refused[name] !== undefined);

  /** Shows an error. The promise never rejects. */
  const save = async () => {
    setBusy(true);
    setErrors({});
    try {
      await saveEdit<Days>({
        what: 'The retention settings',
        base,
        mine,
        keys: ['retention'],
        done: 'Saved the retention settings',
        showsRefusal: () => true,
        read,
        save: (changes, options) => org.updateRetention(changes, options),
        show: (days) => settings.flatMap(({ name, label }) => (name in days ? [`${label}: ${shown(days[name])}`] : [])).join(', '),
      });
      reset();
    } catch (thrown) {
      setErrors(shownBy(fields, formErrorsOf(thrown)));
    }
    setBusy(false);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isBusy || whyNotSave !== null) return;
    if (removals?.length === 0) save();
    else setConfirming(true);
  };
  const whyNotSave = reasonAgainstSaving({ isChanged, isValid, isRefused, isCounting: preview === null && error === null });
  const problem = (name: (typeof settings)[number]['name']) => {
    if (!isDaysText(textIn(name))) return 'Enter a number of days, or leave it empty.';
    return refused[name] ?? errors[name];
  };
  return (
    <>
      <Section title="Settings" description="How many days the data of this organization is stored.">
        {whyNot !== null ? (
          settings.map(({ name, label, data }) => (
            <ReadOnlyRow key={name} title={label} hint={data} value={daysText(retention.effective[name])} />
          ))
        ) : (
          <Form unsaved={isChanged ? 'retention settings' : null} isBusy={isBusy} className="section-form" onSubmit={submit} noValidate>
            {settings.map(({ name, label, data }) => (
              <TextField
                key={name}
                className="retention-days"
                label={`${label}, in days`}
                hint={hintOf(name, data, retention.plan.retentionDaysMax)}
                error={problem(name)}
                value={textIn(name)}
                onValue={(text) => edit(name, text)}
                inputMode="numeric"
                placeholder={saved[name] === null ? String(retention.effective[name] ?? 'No limit') : 'Default'}
                maxLength={5}
                autoComplete="off"
              />
            ))}
            {errors.form && (
              <p className="rollcall-field-error" role="alert">
                {errors.form}
              </p>
            )}
            <div className="section-actions">
              <Button type="submit" variant="primary" isBusy={isBusy} whyNot={whyNotSave}>
                Save
              </Button>
              {isChanged && (
                <Button variant="quiet" onClick={reset}>
                  Discard
                </Button>
              )}
            </div>
          </Form>
        )}
      </Section>
      <Section
        title={isChanged ? 'What these settings remove' : 'Due for removal'}
        description={retention.legalHold ? 'Nothing is removed during the legal hold.' : `The server removes it within ${within}.`}
      >
        <div className="section-note" aria-live="polite">
          {isRefused ? (
            'Correct the settings to see what they remove.'
          ) : error ? (
            <>
              Couldn’t count what these settings remove. {explain(error, false)} <Button onClick={refresh}>Try again</Button>
            </>
          ) : removals === null ? (
            'Counting…'
          ) : removals.length === 0 ? (
            'Nothing'
          ) : (
            <ul className="retention-removals">
              {removals.map((text) => (
                <li key={text}>{text}</li>
              ))}
            </ul>
          )}
        </div>
      </Section>
      {isConfirming && (
        <ConfirmDialog title="Save the retention settings?" action="Save" onConfirm={save} onClose={() => setConfirming(false)}>
          {removals
            ? `Within ${within}, the server removes ${removals.join(', ')}. This can’t be undone.`
            : 'The server couldn’t count what these settings remove. Removed data can’t be restored.'}
        </ConfirmDialog>
      )}
      {conflict}
    </>
  );
}

function shown(days: number | null | undefined): string {
  return days == null ? 'Default' : daysText(days);
}

function reasonAgainstSaving(draft: {
  readonly isChanged: boolean;
  readonly isValid: boolean;
  readonly isRefused: boolean;
  readonly isCounting: boolean;
}): string | null {
  if (!draft.isChanged) return 'There are no changes to save.';
  if (!draft.isValid || draft.isRefused) return 'Correct the settings first.';
  return draft.isCounting ? 'Counting what these settings remove…' : null;
}
