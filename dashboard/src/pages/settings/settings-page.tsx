import { Section } from '../../kit/section.tsx';
import { LoadingList } from '../../kit/states.tsx';
import { useOrgState, useOrgStatus } from '../../live/organization.tsx';
import { useOrganizationEdit } from '../../live/use-organization-edit.tsx';
import { useOwnPowers } from '../../live/use-own-powers.ts';
import { PageHeader } from '../../shell/page-header.tsx';
import { DangerZone } from './danger-zone.tsx';
import { FieldListForm } from './field-list-form.tsx';
import { IdentityForm } from './identity-form.tsx';
import { ImageRow } from './image-row.tsx';
import { crashReportOptions, dataSwitches, integrationSwitches, membershipSwitches, roleOptions } from './setting-groups.ts';
import { SettingSelect } from './setting-select.tsx';
import { SettingSwitch } from './setting-switch.tsx';
import './settings-page.css';
import { productName } from '../../product-name.ts';

export default function SettingsPage() {
  const organization = useOrgState((state) => state.organization);
  const { loading } = useOrgStatus();
  const { whyNotWrite, whyNotAdmin } = useOwnPowers();
  const { save, conflict } = useOrganizationEdit();
  if (!organization)
    return (
      <>
        <PageHeader title="Settings" />
        <div className="card">
          <LoadingList label="Loading the settings" progress={loading} rows={4} />
        </div>
      </>
    );
  const context = { organization, whyNot: whyNotWrite, save };
  const switches = (rows: typeof dataSwitches) => rows.map((row) => <SettingSwitch key={row.name} {...row} {...context} />);
  return (
    <>
      <PageHeader title="Settings" description={whyNotWrite ?? 'Changes are saved automatically and apply to everyone.'} />
      <Section title="General" description="What it is called, and how it looks in lists.">
        <ImageRow organization={organization} whyNot={whyNotWrite} />
        <IdentityForm {...context} />
      </Section>
      <Section title="Membership" description="How people come in, and what their role lets them do.">
        <SettingSelect
          {...context}
          whyNot={whyNotAdmin}
          name="defaultRole"
          label="Default role"
          hint="Role given to people who join by request or SSO. Invitations set their own role. Only owners can change this."
          options={roleOptions}
        />
        {switches(membershipSwitches)}
        <SettingSelect
          {...context}
          name="attachmentsRole"
          label="Attachments"
          hint="The lowest role that may download them."
          options={roleOptions}
        />
        <SettingSelect
          {...context}
          name="debugFilesRole"
          label="Debug files"
          hint="The lowest role that may download them."
          options={roleOptions}
        />
      </Section>
      <Section
        title="Data scrubbing"
        description={`What programs that collect data may store of it. ${productName} keeps the rules, and tells those programs of each change.`}
      >
        {switches(dataSwitches)}
        <SettingSelect
          {...context}
          name="storeCrashReports"
          label="Crash reports kept"
          hint="Native crash reports, with memory in them."
          options={crashReportOptions}
        />
        <FieldListForm {...context} />
      </Section>
      <Section title="Integrations" description="Kept for the programs that comment, alert and suggest.">
        {switches(integrationSwitches)}
      </Section>
      <DangerZone organization={organization} />
      {conflict}
    </>
  );
}
