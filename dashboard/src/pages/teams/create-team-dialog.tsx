import { useState } from 'react';
import { TextField } from '../../kit/field.tsx';
import { FormDialog } from '../../live/form-dialog.tsx';
import type { TeamActions } from './use-team-actions.ts';

/** As long as the server takes. */
const slugLengthMax = 50;
const nameLengthMax = 64;

export function CreateTeamDialog({ actions, onClose }: { readonly actions: TeamActions; onClose(): void }) {
  const [name, setName] = useState('');
  const [slug, setSlug] = useState('');
  const isEmpty = name.trim() === '' && slug.trim() === '';
  const create = () => actions.create({ ...(name.trim() && { name: name.trim() }), ...(slug.trim() && { slug: slug.trim() }) });
  return (
    <FormDialog
      title="Create a team"
      description="You are on it from the start."
      action="Create team"
      whyNot={isEmpty ? 'Give it a name first.' : null}
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
            maxLength={nameLengthMax}
            autoComplete="off"
            data-autofocus
          />
          <TextField
            label="Slug"
            hint="What it is called in addresses: lower case, digits and hyphens. Made from the name when empty."
            value={slug}
            onValue={setSlug}
            error={errors.slug}
            maxLength={slugLengthMax}
            autoComplete="off"
            spellCheck={false}
          />
        </>
      )}
    </FormDialog>
  );
}
