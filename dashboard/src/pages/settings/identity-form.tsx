import { apiLimits } from '@rollcall/client';
import { type FormEvent, useState } from 'react';
import { Button } from '../../kit/button.ts';
import { TextField } from '../../kit/field.ts';
import { Form } from '../../kit/form.tsx';
import { ReadOnlyRow } from '../../kit/section.tsx';
import { ChangedBy } from '../../live/changed-by.tsx';
import { useHighlight } from '../../live/use-highlight.ts';
import type { FieldsEdited } from '../../live/use-organization-edit.tsx';
import type { SettingContext } from './setting-switch.tsx';
import { useDraft } from './use-draft.ts';

export function IdentityForm({ organization, whyNot, save }: SettingContext) {
  const { base, mine, isDirty, valueIn, change, reset } = useDraft<'name' | 'slug'>(organization);
  const [errors, setErrors] = useState<Readonly<Record<string, string>>>({});
  const [isBusy, setBusy] = useState(false);
  const nameHighlight = useHighlight('setting:name');
  const slugHighlight = useHighlight('setting:slug');
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!isDirty || isBusy) return;
    setBusy(true);
    const what = Object.keys(mine).length > 1 ? 'Name and slug' : 'slug' in mine ? 'The slug' : 'The name';
    const outcome = await save({ what, base, mine, keys: ['organization'], done: 'Saved', show: showIdentity });
    if (typeof outcome === 'string') reset();
    setErrors(typeof outcome === 'string' ? {} : outcome);
    setBusy(false);
  };
  if (whyNot !== null) {
    return (
      <>
        <ReadOnlyRow title="Name" value={organization.name} isChanged={nameHighlight !== null} />
        <ReadOnlyRow title="Slug" value={organization.slug} isChanged={slugHighlight !== null} />
      </>
    );
  }
  const nothing = isDirty ? null : 'There are no changes to save.';
  return (
    <Form unsaved={isDirty ? 'name and slug' : null} isBusy={isBusy} className="section-form" onSubmit={submit} noValidate>
      <TextField
        label="Name"
        value={valueIn('name')}
        onValue={(name) => change('name', name)}
        error={errors.name}
        maxLength={apiLimits.nameLengthMax}
        autoComplete="off"
      />
      <TextField
        label="Slug"
        value={valueIn('slug')}
        onValue={(slug) => change('slug', slug)}
        error={errors.slug}
        maxLength={apiLimits.slugLengthMax}
        hint={
          'slug' in mine ? (
            <RenameWarning from={base.slug ?? organization.slug} />
          ) : (
            `Used in URLs: ${location.host}/organizations/${organization.slug}/`
          )
        }
        spellCheck={false}
        autoCapitalize="none"
        autoComplete="off"
      />
      <div className="section-actions">
        <Button variant="primary" type="submit" isBusy={isBusy} whyNot={nothing}>
          Save
        </Button>
        {isDirty && (
          <Button
            variant="quiet"
            onClick={() => {
              reset();
              setErrors({});
            }}
          >
            Discard
          </Button>
        )}
        <ChangedBy highlight={nameHighlight ?? slugHighlight} />
      </div>
    </Form>
  );
}

function RenameWarning({ from }: { readonly from: string }) {
  return (
    <span className="rename-warning">
      Links and scripts that use “{from}” will stop working, and another organization can take that slug. Tokens and members’ access don’t
      change.
    </span>
  );
}

function showIdentity({ name, slug }: FieldsEdited) {
  return [name, slug && `Slug: ${slug}`].filter(Boolean).join(' · ');
}
