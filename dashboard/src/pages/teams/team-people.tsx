import { effectiveTeamRole, type MemberRecord, type TeamMemberRecord, type TeamRecord, type TeamRoleId, teamRoles } from '@rollcall/client';
import { X } from 'lucide-react';
import { useMemo } from 'react';
import { Avatar, Badge } from '../../kit/badge.tsx';
import { IconButton } from '../../kit/button.tsx';
import { type Option, Select } from '../../kit/field.tsx';
import { useOrgState } from '../../live/organization.tsx';
import { personIdOf } from '../../live/person-id.ts';
import { canAddAtOnce, isSelf, type Viewer, whyNotLeaveTeam, whyNotSetTeamRole } from '../members/member-powers.ts';
import { type MemberActions, useMemberActions } from '../members/use-member-actions.tsx';

/** A list in a panel is for reading: of a team of thousands the members page has a filter. */
const shownMax = 200;

/** Who is on a team, in which role, and who else could be. */
export function TeamPeople({ team, viewer }: { readonly team: TeamRecord; readonly viewer: Viewer }) {
  const members = useOrgState((state) => state.members);
  const invites = useOrgState((state) => state.invites);
  const teamMembers = useOrgState((state) => state.teamMembers);
  const { actions } = useMemberActions();
  const { people, others } = useMemo(() => {
    const places = new Map(teamMembers.filter(({ teamId }) => teamId === team.id).map((place) => [place.memberId, place]));
    const all = [...members, ...invites].toSorted((a, b) => a.name.localeCompare(b.name, 'en'));
    return {
      people: all.flatMap((member) => (places.has(member.id) ? [{ member, place: places.get(member.id)! }] : [])),
      others: all.filter(({ id, pending }) => !places.has(id) && !pending),
    };
  }, [members, invites, teamMembers, team.id]);
  const managed = team.flags['idp:provisioned'] ? 'This is managed by your organization’s identity provider.' : null;
  const addWords = canAddAtOnce(viewer, team) ? 'Add a member …' : 'Ask to add a member …';
  const options = [{ value: '', label: addWords }, ...others.map(({ id, name, email }) => ({ value: id, label: labelOf(name, email) }))];
  return (
    <section aria-label="Members">
      <h2>Members</h2>
      {people.length === 0 && <p>Nobody is on this team yet.</p>}
      <ul>
        {people.slice(0, shownMax).map(({ member, place }) => (
          <PersonLine key={member.id} member={member} place={place} team={team} viewer={viewer} actions={actions} />
        ))}
      </ul>
      {people.length > shownMax && <p>And {(people.length - shownMax).toLocaleString('en')} more: the members page has them all.</p>}
      <Select
        className="panel-add"
        label={`Add a member to #${team.slug}`}
        value=""
        options={options}
        whyNot={managed ?? (others.length === 0 ? 'Everybody is on this team already.' : null)}
        onValue={(id) => {
          const chosen = others.find((one) => one.id === id);
          if (chosen) void actions.addToTeam(chosen, team);
        }}
      />
    </section>
  );
}

function labelOf(name: string, email: string | null): string {
  return email === null || email === name ? name : `${name} (${email})`;
}

interface PersonLineProps {
  readonly member: MemberRecord;
  readonly place: TeamMemberRecord;
  readonly team: TeamRecord;
  readonly viewer: Viewer;
  readonly actions: MemberActions;
}

function PersonLine({ member, place, team, viewer, actions }: PersonLineProps) {
  const role = effectiveTeamRole(place.teamRole, member.orgRole);
  const who = member.email ?? member.name;
  const other: TeamRoleId = role === 'admin' ? 'contributor' : 'admin';
  const options = Object.values(teamRoles).map<Option>(({ id, name }) => ({ value: id, label: name }));
  return (
    <li className="panel-line">
      <Avatar name={member.name} id={personIdOf(member)} />
      <span>
        {member.name} {isSelf(viewer, member) && <Badge tone="accent">You</Badge>} {member.pending && <Badge tone="warn">Invited</Badge>}
        {member.email !== member.name && <small>{member.email}</small>}
      </span>
      <Select
        isSmall
        label={`Role of ${who} on #${team.slug}`}
        value={role}
        options={options}
        whyNot={whyNotSetTeamRole(viewer, member, team, role, other)}
        onValue={(value) => void actions.setTeamRole(member, team, value as TeamRoleId)}
      />
      <IconButton
        icon={X}
        label={`Remove ${who} from #${team.slug}`}
        whyNot={whyNotLeaveTeam(viewer, member, team)}
        onClick={() => void actions.removeFromTeam(member, team)}
      />
    </li>
  );
}
