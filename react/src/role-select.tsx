import { type MemberRecord, type OrganizationHandle, OrgError, type OrgRoleId, orgRoles } from '@rollcall/client';
import { useCan, useMe, useOrganization } from '@rollcall/client/react';
import { useId, useRef, useState } from 'react';
import { explain } from './explain.ts';
import { loadable, OnDemand } from './parts/on-demand.tsx';
import { Select } from './parts/select.tsx';
import { mayAssign, whyNotChangeRole } from './role-permissions.ts';
import { EditConflict, saveUnlessChanged } from './save-unless-changed.ts';

export interface RoleSelectProps {
  readonly member: MemberRecord;
  /**
   * Saves the role in another way, and shows its own errors. `seen` is the role when the user
   * opened the list, which another user may have changed since.
   */
  readonly onChange?: (role: OrgRoleId, seen: OrgRoleId) => Promise<unknown>;
}

const ConfirmOwner = loadable(() => import('./confirm-owner.tsx'));

/** Lowest first. */
const roles = Object.values(orgRoles);

/**
 * A member's role: a select if the viewer may change it, otherwise plain text. Asks for
 * confirmation before it makes a member an owner.
 */
export function RoleSelect({ member, onChange }: RoleSelectProps) {
  const org = useOrganization();
  const viewer = { member: useMe(), canAdminMembers: useCan('member:admin').allowed };
  const [saving, setSaving] = useState<OrgRoleId | null>(null);
  /** The role that the user saw, while the promotion to owner waits for the confirmation. */
  const [promotedFrom, setPromotedFrom] = useState<OrgRoleId | null>(null);
  const [error, setError] = useState<string | null>(null);
  const errorId = useId();
  /** The role when the list was opened, to detect a change by another user in the meantime. */
  const seen = useRef<OrgRoleId | null>(null);
  if (whyNotChangeRole(viewer, member) !== null) return <span className="rollcall-role">{orgRoles[member.orgRole].name}</span>;
  const options = roles.filter(({ id }) => mayAssign(viewer, id)).map(({ id, name }) => ({ value: id, label: name }));
  const save = async (role: OrgRoleId, base: OrgRoleId) => {
    setSaving(role);
    setError(null);
    try {
      await (onChange ? onChange(role, base) : saveRole(org, member, base, role));
    } catch (failure) {
      setError(textOf(failure));
    } finally {
      setSaving(null);
    }
  };
  const choose = (value: string) => {
    const role = value as OrgRoleId;
    const base = seen.current ?? member.orgRole;
    seen.current = null;
    if (role === 'owner') setPromotedFrom(base);
    else void save(role, base);
  };
  return (
    <>
      <Select
        isSmall
        label={`Role for ${member.email ?? member.name}`}
        value={saving ?? member.orgRole}
        options={options}
        aria-describedby={error ? errorId : undefined}
        onValue={choose}
        onFocus={() => {
          seen.current = member.orgRole;
        }}
        onBlur={() => {
          seen.current = null;
        }}
      />
      {error && (
        <span id={errorId} role="alert" className="rollcall-error">
          {error}
        </span>
      )}
      {promotedFrom && (
        <OnDemand fallback={null} onFailed={() => setPromotedFrom(null)}>
          <ConfirmOwner who={member.name} onConfirm={() => void save('owner', promotedFrom)} onClose={() => setPromotedFrom(null)} />
        </OnDemand>
      )}
    </>
  );
}

/** Resolves when the local state contains the role, or when the user's access has ended. */
async function saveRole(org: OrganizationHandle, { id }: MemberRecord, base: OrgRoleId, role: OrgRoleId): Promise<void> {
  const read = () => [...org.state.members, ...org.state.invites].find((one) => one.id === id)?.orgRole ?? null;
  const { revision } = await saveUnlessChanged<OrgRoleId | null, unknown>({
    org,
    base,
    read,
    save: (options) => org.changeMemberRole(id, role, options),
  });
  if (revision !== null) await org.waitFor(revision).catch(() => {});
}

function textOf(failure: unknown): string {
  if (failure instanceof EditConflict) return 'Someone else changed this role. Choose again.';
  if (failure instanceof OrgError) return explain(failure);
  throw failure;
}
