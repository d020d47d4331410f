import { effectiveTeamRole, type MemberRecord, type TeamRecord, teamRoles } from '@rollcall/client';
import { Plus, X } from 'lucide-react';
import { Menu, MenuCheck, MenuItem, MenuLabel, MenuSeparator } from '../../kit/menu.tsx';
import { canAddAtOnce, type Viewer, whyNotLeaveTeam, whyNotSetTeamRole } from './member-powers.ts';
import type { OnTeam } from './member-rows.ts';
import type { MemberActions } from './use-member-actions.tsx';
import './team-chips.css';

interface TeamChipsProps {
  readonly member: MemberRecord;
  readonly teams: readonly OnTeam[];
  /** All there are, by slug. */
  readonly allTeams: readonly TeamRecord[];
  readonly viewer: Viewer;
  readonly actions: MemberActions;
  /** More are counted. */
  readonly shownMax?: number;
}

/** A member's teams, each a menu of what can be done there, and a way onto more. */
export function TeamChips({ member, teams, allTeams, viewer, actions, shownMax = Number.POSITIVE_INFINITY }: TeamChipsProps) {
  const who = member.email ?? member.name;
  const shown = teams.length > shownMax ? teams.slice(0, shownMax - 1) : teams;
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
      <Menu
        label={`Add ${who} to a team`}
        align="start"
        trigger={
          <button type="button" className="team-chip team-chip-add" aria-label={`Add ${who} to a team`}>
            <Plus size={13} aria-hidden />
          </button>
        }
      >
        {() => {
          const others = allTeams.filter((team) => !teams.some((own) => own.team.id === team.id));
          return (
            <>
              <MenuLabel>{others.length === 0 ? 'On every team already' : `Add ${who} to`}</MenuLabel>
              {others.map((team) => (
                <MenuItem key={team.id} onChoose={() => actions.addToTeam(member, team)}>
                  #{team.slug}
                  {!canAddAtOnce(viewer, team) && <small>Asks those who may</small>}
                </MenuItem>
              ))}
            </>
          );
        }}
      </Menu>
    </span>
  );
}

interface TeamChipProps {
  readonly onTeam: OnTeam;
  readonly member: MemberRecord;
  readonly viewer: Viewer;
  readonly actions: MemberActions;
}

function TeamChip({ onTeam: { team, place }, member, viewer, actions }: TeamChipProps) {
  const role = effectiveTeamRole(place.teamRole, member.orgRole);
  const who = member.email ?? member.name;
  const label = `${who} on #${team.slug}: ${teamRoles[role].name}`;
  return (
    <Menu
      label={label}
      align="start"
      trigger={
        <button type="button" className="team-chip" aria-label={label}>
          <span>#{team.slug}</span>
          {place.teamRole === 'admin' && <small>admin</small>}
        </button>
      }
    >
      {() => (
        <>
          <MenuLabel>
            {member.name} on #{team.slug}
          </MenuLabel>
          {Object.values(teamRoles).map(({ id, name }) => (
            <MenuCheck
              key={id}
              isChecked={id === role}
              whyNot={id === role ? null : whyNotSetTeamRole(viewer, member, team, role, id)}
              onChange={() => id !== role && actions.setTeamRole(member, team, id)}
            >
              {name}
            </MenuCheck>
          ))}
          <MenuSeparator />
          <MenuItem icon={X} isDanger whyNot={whyNotLeaveTeam(viewer, member, team)} onChoose={() => actions.removeFromTeam(member, team)}>
            Remove from #{team.slug}
          </MenuItem>
        </>
      )}
    </Menu>
  );
}
