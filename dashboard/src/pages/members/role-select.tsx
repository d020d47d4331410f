import { type MemberRecord, type OrgRoleId, orgRoles } from '@rollcall/client';
import { useRef, useState } from 'react';
import { Select } from '../../kit/field.tsx';
import { type MemberViewer, mayAssign, whyNotChangeRole } from './member-permissions.ts';
import type { MemberActions } from './use-member-actions.tsx';

interface RoleSelectProps {
  readonly member: MemberRecord;
  readonly viewer: MemberViewer;
  readonly actions: MemberActions;
}

/** Lowest first. */
const roles = Object.values(orgRoles);

/** A member's role: a select if the viewer may change it, otherwise plain text. */
export function RoleSelect({ member, viewer, actions }: RoleSelectProps) {
  const [saving, setSaving] = useState<OrgRoleId | null>(null);
  /** The role when the list was opened, to detect a change by another user in the meantime. */
  const seen = useRef<OrgRoleId | null>(null);
  if (whyNotChangeRole(viewer, member) !== null) return <span className="member-role-text">{orgRoles[member.orgRole].name}</span>;
  const options = roles.filter(({ id }) => mayAssign(viewer, id)).map(({ id, name }) => ({ value: id, label: name }));
  const choose = async (value: string) => {
    const role = value as OrgRoleId;
    const base = seen.current ?? member.orgRole;
    setSaving(role);
    await actions.changeRole(member, base, role);
    seen.current = null;
    setSaving(null);
  };
  return (
    <Select
      isSmall
      label={`Role for ${member.email ?? member.name}`}
      value={saving ?? member.orgRole}
      options={options}
      onValue={choose}
      onFocus={() => {
        seen.current = member.orgRole;
      }}
      onBlur={() => {
        seen.current = null;
      }}
    />
  );
}
