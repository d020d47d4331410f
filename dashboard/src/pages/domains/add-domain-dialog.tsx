import type { DomainRole } from '@rollcall/client';
import { useState } from 'react';
import { SelectField, TextField } from '../../kit/field.ts';
import { useCommands } from '../../live/commands.tsx';
import { FormDialog } from '../../live/form-dialog.tsx';
import { useOrganization } from '../../live/organization.tsx';
import { roleOptions, roleTexts } from './domain-texts.ts';

export function AddDomainDialog({ onClose }: { onClose(): void }) {
  const org = useOrganization();
  const { run } = useCommands();
  const [domain, setDomain] = useState('');
  const [role, setRole] = useState<DomainRole>('affiliated');
  return (
    <FormDialog
      title="Add a domain"
      description="You’ll add a DNS record to prove that you control the domain."
      action="Add"
      whyNot={domain.trim() === '' ? 'Enter a domain.' : null}
      fields={['domain', 'role']}
      onSubmit={() => run({ send: () => org.addDomain({ domain: domain.trim(), role }), keys: [], showsRefusal: () => true })}
      onClose={onClose}
    >
      {(errors) => (
        <>
          <TextField
            label="Domain"
            hint="For example, example.com. Add each subdomain separately."
            error={errors.domain}
            value={domain}
            onValue={setDomain}
            maxLength={253}
            autoComplete="off"
            spellCheck={false}
            data-autofocus
          />
          <SelectField
            label="Role"
            hint={roleTexts[role].effect}
            error={errors.role}
            value={role}
            options={roleOptions}
            onValue={(value) => setRole(value as DomainRole)}
          />
        </>
      )}
    </FormDialog>
  );
}
