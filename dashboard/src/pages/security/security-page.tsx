import { Section } from '../../kit/section.tsx';
import { LoadingList } from '../../kit/states.tsx';
import { useOrgState, useOrgStatus } from '../../live/organization.tsx';
import { useOrganizationEdit } from '../../live/use-organization-edit.tsx';
import { useOwnPowers } from '../../live/use-own-powers.ts';
import { PageHeader } from '../../shell/page-header.tsx';
import { ReinstateNotice } from '../members/reinstate-notice.tsx';
import { FlagSwitch } from './flag-switch.tsx';
import { accessFlags, type FlagWords, privacyFlags, programFlags } from './flag-words.ts';
import './security-page.css';
import { productName } from '../../product-name.ts';

export default function SecurityPage() {
  const organization = useOrgState((state) => state.organization);
  const { loading } = useOrgStatus();
  const { whyNotWrite } = useOwnPowers();
  const { save, conflict } = useOrganizationEdit();
  const switches = (flags: readonly FlagWords[]) =>
    organization &&
    flags.map((words) => <FlagSwitch key={words.flag} {...words} organization={organization} whyNot={whyNotWrite} save={save} />);
  return (
    <>
      <PageHeader
        title="Security & privacy"
        description={whyNotWrite ?? 'Changes apply immediately. Impact is based on current members.'}
      />
      {organization ? (
        <>
          <ReinstateNotice />
          <Section title="Access" description="Who gets in, and what members may do by themselves.">
            {switches(accessFlags)}
          </Section>
          <Section title="Privacy" description="What is seen by whom.">
            {switches(privacyFlags)}
          </Section>
          <Section
            title="Other programs"
            description={`${productName} keeps these and tells every program of a change; what they do with it is theirs.`}
          >
            {switches(programFlags)}
          </Section>
        </>
      ) : (
        <div className="card">
          <LoadingList label="Loading the flags" progress={loading} rows={5} />
        </div>
      )}
      {conflict}
    </>
  );
}
