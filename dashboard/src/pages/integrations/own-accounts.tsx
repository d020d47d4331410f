import { definitionOf, nameProviders } from '@rollcall/client';
import { Boxes, CloudOff } from 'lucide-react';
import { Button } from '../../kit/button.ts';
import { Section } from '../../kit/section.tsx';
import { EmptyState, LoadingList } from '../../kit/states.tsx';
import { useOrganization } from '../../live/organization.tsx';
import { usePages } from '../../live/use-pages.ts';
import { PageHeader } from '../../shell/page-header.tsx';
import { OwnAccountButton } from './own-account-button.tsx';

const pageSize = 25;

/** The page for members who may not manage integrations: they map their own accounts. */
export function OwnAccounts({ title }: { readonly title: string }) {
  const org = useOrganization();
  const { rows, error, readAgain } = usePages((options) => org.read.integrations({ perPage: pageSize, ...options }), org);
  const connected = rows?.filter(({ provider, status }) => definitionOf(provider.key).hasDirectory && status === 'active') ?? null;
  return (
    <>
      <PageHeader title={title} description="Admins, managers and owners connect other tools. Here you map your own accounts there." />
      {error ? (
        <EmptyState icon={CloudOff} title="Couldn’t load the integrations" action={<Button onClick={readAgain}>Try again</Button>}>
          {error}
        </EmptyState>
      ) : connected === null ? (
        <LoadingList label="Loading integrations" rows={2} />
      ) : connected.length === 0 ? (
        <EmptyState icon={Boxes} title={`No ${nameProviders('organization', 'or', ({ hasDirectory }) => hasDirectory)} is connected`} />
      ) : (
        connected.map(({ id, name, provider }) => (
          <Section
            key={id}
            title={`${provider.name}: ${name}`}
            description={`You join each team here that follows one of your teams at ${provider.name}. Log in there to confirm your account.`}
          >
            <OwnAccountButton integrationId={id} providerName={provider.name} />
          </Section>
        ))
      )}
    </>
  );
}
