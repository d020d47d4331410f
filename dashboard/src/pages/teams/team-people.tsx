import { effectiveTeamRole, type MemberRecord, type TeamMemberRecord, type TeamRecord, type TeamRoleId, teamRoles } from '@rollcall/client';
import { Combobox, isBlocked, isInvitation, isSelf, personIdOf, withOwnName } from '@rollcall/react/parts';
import { X } from 'lucide-react';
import { useMemo } from 'react';
import { Avatar, Badge } from '../../kit/badge.ts';
import { IconButton } from '../../kit/button.ts';
import { Select } from '../../kit/field.ts';
import { useOrgState } from '../../live/organization.tsx';
import { canAddAtOnce, type MemberViewer, whyNotLeaveTeam, whyNotSetTeamRole } from '../members/member-permissions.ts';
import { type MemberActions, useMemberActions } from '../members/use-member-actions.tsx';

/** The members that are shown. The members page shows all, with its filter for teams. */
const shownMax = 200;

/** The members of a team with their roles, and a field to add more. */
export function TeamPeople({ team, viewer }: { readonly team: TeamRecord; readonly viewer: MemberViewer }) {
  const members = useOrgState((state) => state.members);
  const invites = useOrgState((state) => state.invites);
  const teamMembers = useOrgState((state) => state.teamMembers);
  const { actions } = useMemberActions();
  const { people, others } = useMemo(() => {
    const memberships = new Map(
      teamMembers.filter(({ teamId }) => teamId === team.id).map((membership) => [membership.memberId, membership]),
    );
    const all = [...members, ...invites.map(withOwnName)].toSorted((a, b) => a.name.localeCompare(b.name, 'en'));
    return {
      people: all.flatMap((member) => (memberships.has(member.id) ? [{ member, membership: memberships.get(member.id)! }] : [])),
      others: all.filter(({ id, pending }) => !memberships.has(id) && !pending),
    };
  }, [members, invites, teamMembers, team.id]);
  const options = useMemo(() => others.map(({ id, name, email }) => ({ value: id, label: name, detail: detailOf(name, email) })), [others]);
  return (
    <section aria-label="Members">
      <h2>Members</h2>
      {people.length === 0 && <p>No members yet.</p>}
      <ul>
        {people.slice(0, shownMax).map(({ member, membership }) => (
          <PersonLine key={member.id} member={member} membership={membership} team={team} viewer={viewer} actions={actions} />
        ))}
      </ul>
      {people.length > shownMax && <p>And {(people.length - shownMax).toLocaleString('en')} more. See the members page.</p>}
      {others.length > 0 && !team.flags['idp:provisioned'] && (
        <Combobox
          className="panel-add"
          label={`Add a member to #${team.slug}`}
          placeholder={canAddAtOnce(viewer, team) ? 'Add a member' : 'Request to add a member'}
          value=""
          options={options}
          onValue={(id) => {
            const chosen = others.find((one) => one.id === id);
            if (chosen) void actions.addToTeam(chosen, team);
          }}
        />
      )}
    </section>
  );
}

function detailOf(name: string, email: string | null): string | undefined {
  return email === null || email === name ? undefined : email;
}

interface PersonLineProps {
  readonly member: MemberRecord;
  readonly membership: TeamMemberRecord;
  readonly team: TeamRecord;
  readonly viewer: MemberViewer;
  readonly actions: MemberActions;
}

function PersonLine({ member, membership, team, viewer, actions }: PersonLineProps) {
  const role = effectiveTeamRole(membership.teamRole, member.orgRole);
  const who = member.email ?? member.name;
  const other: TeamRoleId = role === 'admin' ? 'contributor' : 'admin';
  const options = Object.values(teamRoles).map(({ id, name }) => ({ value: id, label: name }));
  return (
    <li className="panel-line">
      <Avatar name={member.name} id={personIdOf(member)} />
      <span>
        {member.name} {isSelf(viewer, member) && <Badge tone="accent">You</Badge>}{' '}
        {viewer.canAdminMembers && isBlocked(member) && <Badge tone="warn">Blocked: no 2FA</Badge>}
        {isInvitation(member) && <Badge tone="warn">Invited</Badge>}
        {member.email !== member.name && <small>{member.email}</small>}
      </span>
      {whyNotSetTeamRole(viewer, member, team, role, other) === null ? (
        <Select
          isSmall
          label={`Role of ${who} on #${team.slug}`}
          value={role}
          options={options}
          onValue={(value) => void actions.setTeamRole(member, team, value as TeamRoleId)}
        />
      ) : (
        <span className="row-soft">{teamRoles[role].name}</span>
      )}
      {whyNotLeaveTeam(viewer, member, team) === null && (
        <IconButton icon={X} label={`Remove ${who} from #${team.slug}`} onClick={() => void actions.removeFromTeam(member, team)} />
      )}
    </li>
  );
}
