import type { NewScimToken } from '@rollcall/client';
import { useState } from 'react';
import { Link } from 'wouter';
import { Button } from '../../kit/button.ts';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { NamedCopyField } from '../../kit/copy-field.tsx';
import { ReadOnlyRow, Section } from '../../kit/section.tsx';
import { LoadingList } from '../../kit/states.tsx';
import { SwitchRow } from '../../kit/switch.tsx';
import { useCommands } from '../../live/commands.tsx';
import { useOrganization, useOrgState, useOrgStatus } from '../../live/organization.tsx';
import { useOwnPermissions } from '../../live/use-own-permissions.ts';
import { PageHeader } from '../../shell/page-header.tsx';
import { NewScimTokenDialog } from './new-scim-token-dialog.tsx';
import { Provisioned } from './provisioned.tsx';
import { ScimTokens } from './scim-tokens.tsx';
import './provisioning-page.css';

const title = 'Provisioning';

export default function ProvisioningPage() {
  const { loading } = useOrgStatus();
  const organization = useOrgState((state) => state.organization);
  const provider = useOrgState((state) => state.authProviders[0]);
  const { whyNotAdmin } = useOwnPermissions();
  if (!organization) {
    return (
      <>
        <PageHeader title={title} />
        <div className="card">
          <LoadingList label="Loading provisioning" progress={loading} rows={4} />
        </div>
      </>
    );
  }
  const { id, slug } = organization;
  const name = provider?.status === 'active' ? provider.name : null;
  const isOn = name !== null && provider?.scimEnabled === true;
  return (
    <>
      <PageHeader
        title={title}
        description={whyNotAdmin ?? 'Let your identity provider add, change and remove members and teams through SCIM.'}
      />
      <Section title="SCIM" description="The provider sends its users and groups to this server.">
        {name === null ? (
          <p className="section-note">
            Activate an identity provider first. <Link href={`/organizations/${slug}/single-sign-on/`}>Set up single sign-on</Link>
          </p>
        ) : (
          <Scim organizationId={id} name={name} isOn={isOn} isReadOnly={whyNotAdmin !== null} />
        )}
      </Section>
      <Provisioned slug={slug} />
    </>
  );
}

interface ScimProps {
  readonly organizationId: string;
  /** The name of the provider. */
  readonly name: string;
  readonly isOn: boolean;
  readonly isReadOnly: boolean;
}

function Scim({ organizationId, name, isOn, isReadOnly }: ScimProps) {
  const org = useOrganization();
  const { run } = useCommands();
  const [isConfirming, setConfirming] = useState(false);
  const [shown, setShown] = useState<NewScimToken | null>(null);
  const switchTo = (scim_enabled: boolean) =>
    run({
      send: () => org.updateAuthProvider({ scim_enabled }),
      keys: ['auth-provider'],
      ...(!scim_enabled && { done: 'Provisioning is off' }),
    });
  const createToken = () => run({ send: () => org.createScimToken(), keys: [] }).then(({ data }) => setShown(data));
  const ignore = () => {};
  const turnOn = () =>
    void switchTo(true)
      .then(({ data }) => data.scim && setShown(data.scim))
      .catch(ignore);
  const hint = `${name} adds members, changes their role and teams, and removes them.`;
  return (
    <>
      {isReadOnly ? (
        <ReadOnlyRow title="Provision members and teams" hint={hint} value={isOn ? 'On' : 'Off'} />
      ) : (
        <SwitchRow
          label="Provision members and teams"
          hint={hint}
          isOn={isOn}
          onChange={(next) => (next ? turnOn() : setConfirming(true))}
        />
      )}
      {isOn && (
        <>
          <div className="section-form">
            <NamedCopyField
              name="Base URL"
              text={`${location.origin}/api/0/organizations/${organizationId}/scim/v2/`}
              hint="Enter it at the provider, with a token."
            />
          </div>
          <ScimTokens
            action={
              !isReadOnly && (
                <Button isSmall onClick={() => void createToken().catch(ignore)}>
                  Create token
                </Button>
              )
            }
          />
        </>
      )}
      {isConfirming && (
        <ConfirmDialog
          title="Turn off provisioning?"
          action="Turn off"
          onConfirm={() => switchTo(false)}
          onClose={() => setConfirming(false)}
        >
          {name} can’t change members and teams any more, and its tokens stop working. Provisioned members stay, keep their role, and can be
          removed here.
        </ConfirmDialog>
      )}
      {shown && <NewScimTokenDialog {...shown} onClose={() => setShown(null)} />}
    </>
  );
}
