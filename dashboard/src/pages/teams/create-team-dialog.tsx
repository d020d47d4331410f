import { apiLimits } from '@rollcall/client';
import { useState } from 'react';
import { TextField } from '../../kit/field.ts';
import { useSlug } from '../../kit/use-slug.ts';
import { FormDialog } from '../../live/form-dialog.tsx';
import type { TeamActions } from './use-team-actions.ts';

export function CreateTeamDialog({ actions, onClose }: { readonly actions: TeamActions; onClose(): void }) {
  const [name, setName] = useState('');
  const { slug, setSlug } = useSlug(name, apiLimits.generatedSlugLengthMax);
  const isEmpty = name.trim() === '' && slug === '';
  const create = () => actions.create({ ...(name.trim() && { name: name.trim() }), ...(slug && { slug }) });
  return (
    <FormDialog
      title="Create a team"
      description="You’ll be added as its first member."
      action="Create team"
      whyNot={isEmpty ? 'Enter a name.' : null}
      fields={['name', 'slug']}
      onSubmit={create}
      onClose={onClose}
    >
      {(errors) => (
        <>
          <TextField
            label="Name"
            value={name}
            onValue={setName}
            error={errors.name}
            maxLength={apiLimits.nameLengthMax}
            autoComplete="off"
            data-autofocus
          />
          <TextField
            label="Slug"
            hint="Used in URLs. Lowercase letters, numbers and hyphens."
            value={slug}
            onValue={setSlug}
            error={errors.slug}
            maxLength={apiLimits.slugLengthMax}
            autoComplete="off"
            spellCheck={false}
          />
        </>
      )}
    </FormDialog>
  );
}
