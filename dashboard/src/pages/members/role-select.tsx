import { type MemberRecord, type OrgRoleId, orgRoles } from '@rollcall/client';
import { useRef, useState } from 'react';
import { Select } from '../../kit/field.tsx';
import { mayAssign, type Viewer, whyNotChangeRole } from './member-powers.ts';
import type { MemberActions } from './use-member-actions.tsx';

interface RoleSelectProps {
  readonly member: MemberRecord;
  readonly viewer: Viewer;
  readonly actions: MemberActions;
}

/** Lowest first, as everywhere. */
const roles = Object.values(orgRoles);

/** A member's role: a choice for those who may change it, else plain text. */
export function RoleSelect({ member, viewer, actions }: RoleSelectProps) {
  const [saving, setSaving] = useState<OrgRoleId | null>(null);
  /** What was there when the choosing began: a change by somebody else, while the list is open, is then noticed. */
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
