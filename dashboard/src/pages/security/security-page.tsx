import { Section } from '../../kit/section.tsx';
import { LoadingList } from '../../kit/states.tsx';
import { useOrgState, useOrgStatus } from '../../live/organization.tsx';
import { useOrganizationEdit } from '../../live/use-organization-edit.tsx';
import { useOwnPermissions } from '../../live/use-own-permissions.ts';
import { PageHeader } from '../../shell/page-header.tsx';
import { ReinstateNotice } from '../members/reinstate-notice.tsx';
import { FlagSwitch } from './flag-switch.tsx';
import { accessFlags, type FlagText, privacyFlags, programFlags } from './flag-texts.ts';
import './security-page.css';
import { productName } from '../../product-name.ts';

export default function SecurityPage() {
  const organization = useOrgState((state) => state.organization);
  const { loading } = useOrgStatus();
  const { whyNotWrite } = useOwnPermissions();
  const { save, conflict } = useOrganizationEdit();
  const switches = (flags: readonly FlagText[]) =>
    organization &&
    flags.map((text) => <FlagSwitch key={text.flag} {...text} organization={organization} whyNot={whyNotWrite} save={save} />);
  return (
    <>
      <PageHeader
        title="Security & privacy"
        description={whyNotWrite ?? 'Changes apply immediately. Impact is based on current members.'}
      />
      {organization ? (
        <>
          <ReinstateNotice />
          <Section title="Access" description="Who can get in, and what members can do on their own.">
            {switches(accessFlags)}
          </Section>
          <Section title="Privacy" description="Who can see what.">
            {switches(privacyFlags)}
          </Section>
          <Section title="Connected apps" description={`Settings for other apps that use ${productName}.`}>
            {switches(programFlags)}
          </Section>
        </>
      ) : (
        <div className="card">
          <LoadingList label="Loading security settings" progress={loading} rows={5} />
        </div>
      )}
      {conflict}
    </>
  );
}
