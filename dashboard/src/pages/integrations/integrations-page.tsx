import { definitionOf, type IntegrationProvider, type IntegrationRecord, integrationProviders, requiredVariables } from '@rollcall/client';
import { CloudOff } from 'lucide-react';
import { Button } from '../../kit/button.ts';
import { Section } from '../../kit/section.tsx';
import { EmptyState, LoadingList } from '../../kit/states.tsx';
import { explain } from '../../live/explain.ts';
import { useCan, useOrganization, useOrgState } from '../../live/organization.tsx';
import { useRead } from '../../live/use-read.ts';
import { PageHeader } from '../../shell/page-header.tsx';
import { RestrictedPage } from '../../shell/restricted-page.tsx';
import { ConnectButton } from './connect-button.tsx';
import { IntegrationItem } from './integration-item.tsx';
import { OwnAccounts } from './own-accounts.tsx';
import '../../kit/item-list.css';
import './integrations-page.css';

const title = 'Integrations';

/** The providers, those that get events first. */
const shownProviders = integrationProviders.toSorted((a, b) => Number(definitionOf(b).getsEvents) - Number(definitionOf(a).getsEvents));

export default function IntegrationsPage() {
  const { allowed } = useCan(['org:integrations', 'org:admin']);
  const { allowed: isMember } = useCan('org:read');
  return (
    <RestrictedPage title={title} isAllowed={isMember} whyNot="Only members can see the integrations">
      {allowed ? <Integrations /> : <OwnAccounts title={title} />}
    </RestrictedPage>
  );
}

function Integrations() {
  const org = useOrganization();
  const integrations = useOrgState((state) => state.integrations);
  const { result, error, refresh } = useRead((options) => org.read.integrationProviders(options), org);
  return (
    <>
      <PageHeader title={title} description="Send changes of your organization to other tools, and map people there to members." />
      {error ? (
        <EmptyState icon={CloudOff} title="Couldn’t load the providers" action={<Button onClick={refresh}>Try again</Button>}>
          {explain(error, false)}
        </EmptyState>
      ) : result === null ? (
        <LoadingList label="Loading providers" rows={4} />
      ) : (
        shownProviders.map((provider) => (
          <ProviderSection
            key={provider}
            provider={provider}
            isConfigured={result.providers.some(({ key }) => key === provider)}
            integrations={integrations.filter((one) => one.provider === provider)}
          />
        ))
      )}
    </>
  );
}

interface ProviderSectionProps {
  readonly provider: IntegrationProvider;
  readonly isConfigured: boolean;
  readonly integrations: readonly IntegrationRecord[];
}

function ProviderSection({ provider, isConfigured, integrations }: ProviderSectionProps) {
  const { name, description } = definitionOf(provider);
  return (
    <Section title={name} description={description}>
      {integrations.map((integration) => (
        <IntegrationItem key={integration.id} integration={integration} />
      ))}
      <div className="integration-connect">
        {isConfigured ? (
          <ConnectButton provider={provider} isAnother={integrations.length > 0} />
        ) : (
          <>
            <p>
              {name} is not configured on this server. Its operator sets these variables in the server’s environment, as described in the
              operating manual:
            </p>
            <ul>
              {requiredVariables(provider).map((variable) => (
                <li key={variable}>
                  <code>{variable}</code>
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
    </Section>
  );
}
