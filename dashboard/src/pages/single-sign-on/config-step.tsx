import type { RestAuthProvider } from '@rollcall/client';
import { type FormEvent, useState } from 'react';
import { Button } from '../../kit/button.ts';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { count } from '../../kit/count.ts';
import { Form } from '../../kit/form.tsx';
import { useOrgState } from '../../live/organization.tsx';
import { type ConfigKind, whyNotSave } from './config-draft.ts';
import { Certificates, MetadataFacts, ReloadedMetadata } from './metadata-facts.tsx';
import { OidcFields } from './oidc-fields.tsx';
import { SamlFields } from './saml-fields.tsx';
import { Step } from './step.tsx';
import { useConfigForm } from './use-config-form.ts';

interface ConfigStepProps {
  /** Empty before a provider was chosen. */
  readonly chosen: string;
  readonly kind: ConfigKind | null;
  readonly provider: RestAuthProvider | null;
  onSaved(): void;
}

export function ConfigStep({ chosen, kind, provider, onSaved }: ConfigStepProps) {
  return (
    <Step
      number={3}
      title="Enter the provider’s values"
      description="You find them in the application that you created there."
      isDone={provider !== null}
      whyNot={kind === null ? 'Choose the provider first.' : null}
    >
      {kind && <ConfigForm key={chosen} chosen={chosen} kind={kind} provider={provider} onSaved={onSaved} />}
    </Step>
  );
}

interface ConfigFormProps extends ConfigStepProps {
  readonly kind: ConfigKind;
}

function ConfigForm({ chosen, kind, provider, onSaved }: ConfigFormProps) {
  const form = useConfigForm(chosen, kind, provider, onSaved);
  const linked = useOrgState((state) => state.members.filter(({ flags }) => flags['sso:linked']).length);
  const [isConfirming, setConfirming] = useState(false);
  const { draft, errors, preview } = form;
  const isNew = provider === null;
  const isActive = provider?.details?.status === 'active';
  const whyNot = whyNotSave(kind, draft, isNew) ?? (form.isChanged || isNew || form.canReload ? null : 'There are no changes to save.');
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (form.isBusy || whyNot !== null) return;
    const isOther = await form.findOther();
    if (isOther === null) return;
    if (isOther && (linked > 0 || isActive)) setConfirming(true);
    else await form.save();
  };
  const canPreview = kind === 'saml' && draft.source !== 'values';
  return (
    <Form
      unsaved={form.isChanged ? 'the provider’s values' : null}
      isBusy={form.isBusy}
      className="section-form"
      onSubmit={submit}
      noValidate
    >
      {kind === 'saml' ? (
        <SamlFields draft={draft} errors={errors} onChange={form.change} />
      ) : (
        <OidcFields draft={draft} errors={errors} isGoogle={kind === 'google'} hasSecret={!isNew} onChange={form.change} />
      )}
      {errors.form && (
        <p className="rollcall-field-error" role="alert">
          {errors.form}
        </p>
      )}
      {form.reloaded && <ReloadedMetadata changes={form.reloaded} />}
      {preview ? (
        <MetadataFacts preview={preview} />
      ) : (
        provider?.details &&
        provider.details.certificates.length > 0 && (
          <dl className="details-read">
            <Certificates certificates={provider.details.certificates} />
          </dl>
        )
      )}
      <div className="section-actions">
        <Button type="submit" variant="primary" isBusy={form.isBusy} whyNot={whyNot}>
          {isNew ? 'Save as a draft' : form.canReload ? 'Reload metadata' : 'Save'}
        </Button>
        {canPreview && (
          <Button isBusy={form.isBusy} whyNot={whyNotSave(kind, draft, isNew)} onClick={form.showPreview}>
            Preview
          </Button>
        )}
        {!isNew && form.isChanged && <Button onClick={form.discard}>Discard</Button>}
      </div>
      {isConfirming && (
        <ConfirmDialog title="Change to another provider?" action="Save" onConfirm={form.save} onClose={() => setConfirming(false)}>
          These values name another provider, or another attribute as the identifier.{' '}
          {linked > 0 && `${count(linked, 'linked member')} must link again, and `}
          {linked > 0 ? 'their' : 'All'} logins with the old values end now.
        </ConfirmDialog>
      )}
    </Form>
  );
}
