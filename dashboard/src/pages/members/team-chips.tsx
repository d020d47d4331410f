import { effectiveTeamRole, type MemberRecord, type TeamRecord, type TeamRoleId, teamRoles } from '@rollcall/client';
import { isSelf, loadable, Menu, type OnTeam } from '@rollcall/react/parts';
import { Plus } from 'lucide-react';
import { ComboboxMenu } from '../../kit/combobox-menu.tsx';
import { canAddAtOnce, type MemberViewer, teamsToOffer, whyNotLeaveTeam, whyNotSetTeamRole } from './member-permissions.ts';
import type { MemberActions } from './use-member-actions.tsx';
import './team-chips.css';

const TeamMenuItems = loadable(() => import('./team-menu-items.tsx'));

interface TeamChipsProps {
  readonly member: MemberRecord;
  readonly teams: readonly OnTeam[];
  /** All teams of the organization, by slug. */
  readonly allTeams: readonly TeamRecord[];
  readonly viewer: MemberViewer;
  readonly actions: MemberActions;
  /** Further teams are only counted. */
  readonly shownMax?: number;
}

/**
 * A member's teams, each with a menu if the viewer has an action on it, and a button to add more.
 */
export function TeamChips({ member, teams, allTeams, viewer, actions, shownMax = Number.POSITIVE_INFINITY }: TeamChipsProps) {
  const who = member.email ?? member.name;
  const shown = teams.length > shownMax ? teams.slice(0, shownMax - 1) : teams;
  const offered = () => teamsToOffer(viewer, member, allTeams).filter((team) => !teams.some((own) => own.team.id === team.id));
  const mayAdd = isSelf(viewer, member) || allTeams.some((team) => canAddAtOnce(viewer, team));
  return (
    <span className="team-chips">
      {shown.map((onTeam) => (
        <TeamChip key={onTeam.team.id} onTeam={onTeam} member={member} viewer={viewer} actions={actions} />
      ))}
      {shown.length < teams.length && (
        <span className="team-chips-more" title={teams.map(({ team }) => `#${team.slug}`).join(', ')}>
          +{teams.length - shown.length} more
        </span>
      )}
      {mayAdd && (
        <ComboboxMenu
          label={`Add ${who} to a team`}
          none={allTeams.length === 0 ? 'No teams yet.' : 'There are no other teams to add.'}
          options={() =>
            offered().map((team) => ({
              value: team.id,
              label: `#${team.slug}`,
              detail: canAddAtOnce(viewer, team) ? undefined : 'Needs approval',
            }))
          }
          onChoose={(id) => {
            const team = allTeams.find((one) => one.id === id);
            if (team) void actions.addToTeam(member, team);
          }}
          trigger={
            <button type="button" className="team-chip team-chip-add" aria-label={`Add ${who} to a team`}>
              <Plus size={13} aria-hidden />
            </button>
          }
        />
      )}
    </span>
  );
}

interface TeamChipProps {
  readonly onTeam: OnTeam;
  readonly member: MemberRecord;
  readonly viewer: MemberViewer;
  readonly actions: MemberActions;
}

function TeamChip({ onTeam: { team, membership }, member, viewer, actions }: TeamChipProps) {
  const role = effectiveTeamRole(membership.teamRole, member.orgRole);
  const whyNotRole = (id: TeamRoleId) => (id === role ? null : whyNotSetTeamRole(viewer, member, team, role, id));
  const mayChange = Object.values(teamRoles).some(({ id }) => id !== role && whyNotRole(id) === null);
  const whyNotLeave = whyNotLeaveTeam(viewer, member, team);
  const face = (
    <>
      <span>#{team.slug}</span>
      {membership.teamRole === 'admin' && <small>admin</small>}
    </>
  );
  if (!mayChange && whyNotLeave !== null) return <span className="team-chip team-chip-plain">{face}</span>;
  const label = `${member.email ?? member.name} on #${team.slug}: ${teamRoles[role].name}`;
  return (
    <Menu
      label={label}
      align="start"
      loadFirst={TeamMenuItems.load}
      trigger={
        <button type="button" className="team-chip" aria-label={label}>
          {face}
        </button>
      }
    >
      {() => (
        <TeamMenuItems
          member={member}
          team={team}
          role={role}
          isOwn={isSelf(viewer, member)}
          whyNotRole={whyNotRole}
          whyNotLeave={whyNotLeave}
          actions={actions}
        />
      )}
    </Menu>
  );
}
