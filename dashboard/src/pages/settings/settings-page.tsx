import { Section } from '../../kit/section.tsx';
import { LoadingList } from '../../kit/states.tsx';
import { useOrgState, useOrgStatus } from '../../live/organization.tsx';
import { useOrganizationEdit } from '../../live/use-organization-edit.tsx';
import { useOwnPermissions } from '../../live/use-own-permissions.ts';
import { PageHeader } from '../../shell/page-header.tsx';
import { DangerZone } from './danger-zone.tsx';
import { FieldListForm } from './field-list-form.tsx';
import { IdentityForm } from './identity-form.tsx';
import { ImageRow } from './image-row.tsx';
import {
  crashReportOptions,
  dataSwitches,
  integrationSwitches,
  membershipSwitches,
  roleOptions,
  sessionHourOptions,
} from './setting-groups.ts';
import { SettingSelect } from './setting-select.tsx';
import { SettingSwitch } from './setting-switch.tsx';
import './settings-page.css';
import { productName } from '../../product-name.ts';

export default function SettingsPage() {
  const organization = useOrgState((state) => state.organization);
  const { loading } = useOrgStatus();
  const { whyNotWrite, whyNotAdmin } = useOwnPermissions();
  const { save, conflict } = useOrganizationEdit();
  if (!organization)
    return (
      <>
        <PageHeader title="Settings" />
        <div className="card">
          <LoadingList label="Loading settings" progress={loading} rows={4} />
        </div>
      </>
    );
  const context = { organization, whyNot: whyNotWrite, save };
  const switches = (rows: typeof dataSwitches) => rows.map((row) => <SettingSwitch key={row.name} {...row} {...context} />);
  return (
    <>
      <PageHeader title="Settings" description={whyNotWrite ?? 'Changes apply to everyone. Switches and menus are saved immediately.'} />
      <Section title="General" description="The name, URL and image of this organization.">
        <ImageRow organization={organization} whyNot={whyNotWrite} />
        <IdentityForm {...context} />
      </Section>
      <Section title="Membership" description="How people join, and what their roles let them do.">
        <SettingSelect
          {...context}
          whyNot={whyNotAdmin}
          name="defaultRole"
          hint="Role given to people who join by request or provisioning. Invitations set their own role. Only owners can change this."
          options={roleOptions}
        />
        {switches(membershipSwitches)}
        <SettingSelect {...context} name="attachmentsRole" hint="The lowest role that can download attachments." options={roleOptions} />
        <SettingSelect {...context} name="debugFilesRole" hint="The lowest role that can download debug files." options={roleOptions} />
        <SettingSelect
          {...context}
          name="sessionHours"
          hint="After this time, members enter their password again to see this organization. Doesn’t apply to logins with single sign-on and to API tokens."
          options={sessionHourOptions}
        />
      </Section>
      <Section
        title="Data scrubbing"
        description={`Rules for apps that collect data for your projects. They receive every change from ${productName}.`}
      >
        {switches(dataSwitches)}
        <SettingSelect
          {...context}
          name="storeCrashReports"
          hint="How many to store. They can contain memory contents."
          options={crashReportOptions}
        />
        <FieldListForm {...context} />
      </Section>
      <Section title="Integrations" description="Used by connected apps that comment, send alerts and make suggestions.">
        {switches(integrationSwitches)}
      </Section>
      <DangerZone organization={organization} />
      {conflict}
    </>
  );
}
