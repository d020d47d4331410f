import { apiLimits } from '@rollcall/client';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { TextField } from '../kit/field.ts';
import { useSlug } from '../kit/use-slug.ts';
import { FormDialog } from '../live/form-dialog.tsx';
import { useSession } from '../session/session.tsx';
import './create-organization-dialog.css';

/** Creates an organization with the current user as its owner, and opens it. */
export default function CreateOrganizationDialog({ onClose }: { readonly onClose: () => void }) {
  const { client, creation } = useSession();
  const [, navigate] = useLocation();
  const [name, setName] = useState('');
  const { slug, setSlug } = useSlug(name, apiLimits.generatedSlugLengthMax);
  const [hasAgreed, setAgreed] = useState(false);
  const { terms } = creation;
  const create = async () => {
    const { data } = await client.createOrganization({
      name: name.trim(),
      ...(slug && { slug }),
      ...(terms && { agreeTerms: hasAgreed }),
    });
    return data.slug;
  };
  return (
    <FormDialog
      title="Create an organization"
      description="You’ll be its owner, and can invite people next."
      action="Create organization"
      whyNot={whyNotCreate(name, terms === null || hasAgreed)}
      fields={['name', 'slug']}
      onSubmit={create}
      onDone={(created) => {
        onClose();
        navigate(`/organizations/${created}/`);
      }}
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
            autoComplete="organization"
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
          {terms && (
            <label className="terms">
              <input type="checkbox" checked={hasAgreed} onChange={(event) => setAgreed(event.target.checked)} />
              <span>
                I agree to the <a href={terms.termsUrl}>terms of service</a> and the <a href={terms.privacyUrl}>privacy policy</a>
              </span>
            </label>
          )}
        </>
      )}
    </FormDialog>
  );
}

function whyNotCreate(name: string, isAgreed: boolean): string | null {
  if (name.trim() === '') return 'Enter a name.';
  return isAgreed ? null : 'Agree to the terms of service and the privacy policy.';
}
