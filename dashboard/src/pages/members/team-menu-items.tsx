import { type MemberRecord, type TeamRecord, type TeamRoleId, teamRoles } from '@rollcall/client';
import { MenuCheck, MenuItem, MenuLabel, MenuSeparator } from '@rollcall/react/parts';
import { X } from 'lucide-react';
import type { MemberActions } from './use-member-actions.tsx';

interface TeamMenuItemsProps {
  readonly member: MemberRecord;
  readonly team: TeamRecord;
  readonly role: TeamRoleId;
  readonly isOwn: boolean;
  readonly whyNotLeave: string | null;
  readonly actions: MemberActions;
  whyNotRole(role: TeamRoleId): string | null;
}

/** The roles of a member on a team, and leaving it. */
export default function TeamMenuItems({ member, team, role, isOwn, whyNotLeave, actions, whyNotRole }: TeamMenuItemsProps) {
  return (
    <>
      <MenuLabel>
        {member.name} on #{team.slug}
      </MenuLabel>
      {Object.values(teamRoles).map(({ id, name }) => (
        <MenuCheck
          key={id}
          isChecked={id === role}
          whyNot={whyNotRole(id)}
          onChange={() => id !== role && actions.setTeamRole(member, team, id)}
        >
          {name}
        </MenuCheck>
      ))}
      <MenuSeparator />
      <MenuItem icon={X} isDanger whyNot={whyNotLeave} onChoose={() => actions.removeFromTeam(member, team)}>
        {isOwn ? `Leave #${team.slug}` : `Remove from #${team.slug}`}
      </MenuItem>
    </>
  );
}
