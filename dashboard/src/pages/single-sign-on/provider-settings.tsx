import { type AuthProviderDetails, type OrgRoleId, orgRoles } from '@rollcall/client';
import { Link } from 'wouter';
import { Select } from '../../kit/field.ts';
import { Section, SettingRow } from '../../kit/section.tsx';
import { SwitchRow } from '../../kit/switch.tsx';
import { useOrgState } from '../../live/organization.tsx';
import type { SaveProvider } from './use-save-provider.ts';

interface ProviderSettingsProps {
  readonly details: AuthProviderDetails;
  readonly slug: string;
  readonly save: SaveProvider;
}

const lifetimes = [
  { value: '8', label: '8 hours' },
  { value: '24', label: '1 day' },
  { value: '168', label: '7 days' },
  { value: '336', label: '14 days' },
  { value: '720', label: '30 days' },
] as const;

/** Ownership is never given by a login. */
const roleOptions = (Object.keys(orgRoles) as OrgRoleId[])
  .filter((role) => role !== 'owner')
  .map((role) => ({ value: role, label: orgRoles[role].name }));

/** The settings of logins, which take effect at once. */
export function ProviderSettings({ details, slug, save }: ProviderSettingsProps) {
  const verified = useOrgState((state) => state.verifiedDomains.filter(({ status }) => status === 'verified').length);
  const hours = String(details.sessionHours);
  const isKnown = lifetimes.some(({ value }) => value === hours);
  return (
    <Section title="Logins" description="Changes are saved automatically.">
      <SwitchRow
        label="Create members when they first log in"
        hint={
          <>
            People with an address at one of your verified domains join without an invitation.{' '}
            {verified === 0 && (
              <>
                No domain is verified yet. <Link href={`/organizations/${slug}/domains/`}>Add one</Link>
              </>
            )}
          </>
        }
        isOn={details.jit === 'domains'}
        onChange={(isOn) => void save({ jit: isOn ? 'domains' : 'off' })}
      />
      <SettingRow title="Role of new members" hint="The role of people who join by logging in.">
        <Select
          label="Role of new members"
          value={details.defaultRole}
          options={roleOptions}
          onValue={(role) => void save({ default_role: role as OrgRoleId })}
        />
      </SettingRow>
      <SettingRow title="Log in again after" hint="Applies to logins from now on. The provider may end them earlier.">
        <Select
          label="Log in again after"
          value={hours}
          options={isKnown ? lifetimes : [...lifetimes, { value: hours, label: `${hours} hours` }]}
          onValue={(value) => void save({ session_hours: Number(value) })}
        />
      </SettingRow>
    </Section>
  );
}
