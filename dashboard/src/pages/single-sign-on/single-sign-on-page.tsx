import { CloudOff } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../kit/button.ts';
import { ReadOnlyRow, Section } from '../../kit/section.tsx';
import { EmptyState, LoadingList } from '../../kit/states.tsx';
import { explain } from '../../live/explain.ts';
import { useOrgState, useOrgStatus } from '../../live/organization.tsx';
import { useOwnPermissions } from '../../live/use-own-permissions.ts';
import { PageHeader } from '../../shell/page-header.tsx';
import { ActivateStep } from './activate-step.tsx';
import { ChooseStep } from './choose-step.tsx';
import { kindOf } from './config-draft.ts';
import { ConfigStep } from './config-step.tsx';
import { CopyStep } from './copy-step.tsx';
import { ProviderSettings } from './provider-settings.tsx';
import { RemoveProvider } from './remove-provider.tsx';
import { RequireStep } from './require-step.tsx';
import { SpCertificates } from './sp-certificates.tsx';
import { TestStep } from './test-step.tsx';
import { useAuthProvider } from './use-auth-provider.ts';
import { useSaveProvider } from './use-save-provider.ts';
import '../../kit/panel.css';
import './single-sign-on-page.css';

const title = 'Single sign-on';

export default function SingleSignOnPage() {
  const { loading } = useOrgStatus();
  const isLoaded = useOrgState((state) => state.organization !== null);
  const { whyNotAdmin } = useOwnPermissions();
  if (!isLoaded) {
    return (
      <>
        <PageHeader title={title} />
        <div className="card">
          <LoadingList label="Loading single sign-on" progress={loading} rows={4} />
        </div>
      </>
    );
  }
  return (
    <>
      <PageHeader title={title} description={whyNotAdmin ?? 'Let members log in with your organization’s identity provider.'} />
      {whyNotAdmin === null ? <Steps /> : <Summary />}
    </>
  );
}

/** The view of managers, who can't change the provider. */
function Summary() {
  const provider = useOrgState((state) => state.authProviders[0]);
  const isActive = provider?.status === 'active';
  return (
    <Section title="Provider">
      <ReadOnlyRow title="Identity provider" value={isActive ? provider.name : 'None'} />
      <ReadOnlyRow title="Required for all members" value={isActive && provider.requireLink ? 'Yes' : 'No'} />
    </Section>
  );
}

function Steps() {
  const { result, error, refresh } = useAuthProvider();
  const organization = useOrgState((state) => state.organization);
  const [chosen, setChosen] = useState('');
  const [saveCount, setSaveCount] = useState(0);
  const save = useSaveProvider(refresh);
  if (error) {
    return (
      <div className="card">
        <EmptyState icon={CloudOff} title="Couldn’t load single sign-on" action={<Button onClick={refresh}>Try again</Button>}>
          {explain(error, false)}
        </EmptyState>
      </div>
    );
  }
  if (!result || !organization) {
    return (
      <div className="card">
        <LoadingList label="Loading single sign-on" rows={4} />
      </div>
    );
  }
  const { provider, choices } = result;
  const key = provider?.provider_name ?? chosen;
  const kind = key === '' ? null : kindOf(key);
  const details = provider?.details ?? null;
  /** The result of a test of other values would mislead. */
  const onSaved = () => {
    setSaveCount(saveCount + 1);
    refresh();
  };
  return (
    <>
      <ChooseStep choices={choices} chosen={key} savedName={details?.name ?? null} onChoose={setChosen} />
      <CopyStep kind={kind} organizationId={organization.id} details={details} />
      <ConfigStep chosen={key} kind={kind} provider={provider} onSaved={onSaved} />
      <TestStep key={saveCount} details={details} onTested={refresh} />
      <ActivateStep provider={provider} save={save} />
      <RequireStep details={details} slug={organization.slug} save={save} />
      {details && <ProviderSettings details={details} slug={organization.slug} save={save} />}
      {details?.protocol === 'saml' && <SpCertificates details={details} onChanged={refresh} />}
      {details && (
        <RemoveProvider
          details={details}
          onRemoved={() => {
            setChosen('');
            refresh();
          }}
        />
      )}
    </>
  );
}
