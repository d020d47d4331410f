import type { MemberRecord, OrganizationHandle, OrganizationState, ProjectRecord } from '@rollcall/client';
import { orgRoles } from '@rollcall/client';
import { useMemo } from 'react';
import { Badge } from '../../kit/badge.tsx';
import { Button } from '../../kit/button.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { ChangedBy } from '../../live/changed-by.tsx';
import { useOrganization, useOrgState } from '../../live/organization.tsx';
import { useHighlight } from '../../live/use-highlight.ts';
import { sayDate } from '../../shell/time-words.ts';
import { isSelf, type Viewer, whyNotRemove } from './member-powers.ts';
import type { MemberRow } from './member-rows.ts';
import { RoleSelect } from './role-select.tsx';
import { TeamChips } from './team-chips.tsx';
import type { MemberActions } from './use-member-actions.tsx';
import '../../kit/panel.css';
import './member-panel.css';

interface MemberPanelProps {
  /** Null once they are gone. */
  readonly row: MemberRow | null;
  readonly viewer: Viewer;
  readonly actions: MemberActions;
  onClose(): void;
}

/** All there is to know of a member, kept current while it is read. */
export default function MemberPanel({ row, viewer, actions, onClose }: MemberPanelProps) {
  if (!row) {
    return (
      <Dialog title="No such member" isPanel onClose={onClose}>
        <p>They were removed, or were never here.</p>
      </Dialog>
    );
  }
  return <PresentMember row={row} viewer={viewer} actions={actions} onClose={onClose} />;
}

function PresentMember({ row: { member, teams }, viewer, actions, onClose }: MemberPanelProps & { readonly row: MemberRow }) {
  const allTeams = useOrgState((state) => state.teams);
  const highlight = useHighlight(`member:${member.id}`);
  const expires = member.inviteExpiresAt;
  return (
    <Dialog title={member.name} isPanel onClose={onClose}>
      <div className="member-panel">
        <p className="panel-lead">
          {member.email}
          <ChangedBy highlight={highlight} />
        </p>
        <dl>
          <div>
            <dt>Role</dt>
            <dd>
              <RoleSelect member={member} viewer={viewer} actions={actions} />
              <small>{orgRoles[member.orgRole].desc}</small>
            </dd>
          </div>
          <div>
            <dt>Second factor</dt>
            <dd>{member.pending ? '–' : member.user?.has2fa ? <Badge tone="good">On</Badge> : <Badge tone="warn">Off</Badge>}</dd>
          </div>
          <div>
            <dt>{member.pending ? 'Invited' : 'Joined'}</dt>
            <dd>
              {sayDate(member.dateCreated)}
              {member.inviterName && ` by ${member.inviterName}`}
              {member.pending && expires && <small>The invitation works until {sayDate(expires)}.</small>}
            </dd>
          </div>
        </dl>
        <h2>Teams</h2>
        <TeamChips member={member} teams={teams} allTeams={allTeams} viewer={viewer} actions={actions} />
        <h2>Projects within reach</h2>
        <ReachedProjects member={member} />
        {!isSelf(viewer, member) && (
          <Button
            whyNot={whyNotRemove(viewer, member)}
            className="member-panel-remove"
            onClick={() => {
              onClose();
              actions.remove(member);
            }}
          >
            {member.pending ? 'Withdraw the invitation' : 'Remove from the organization'}
          </Button>
        )}
      </div>
    </Dialog>
  );
}

interface Reached {
  readonly project: ProjectRecord;
  readonly canWrite: boolean;
  readonly because: string;
}

function ReachedProjects({ member }: { readonly member: MemberRecord }) {
  const org = useOrganization();
  const state = useOrgState((whole) => whole);
  const reached = useMemo(() => projectsReachedBy(org, state, member), [org, state, member]);
  if (member.pending) return <p>None until the invitation is accepted.</p>;
  if (reached.length === 0) return <p>None: they are on no team that has projects.</p>;
  return (
    <ul>
      {reached.map(({ project, canWrite, because }) => (
        <li key={project.id}>
          <span>
            {project.slug}
            <small>{because}</small>
          </span>
          <Badge tone={canWrite ? 'accent' : 'plain'}>{canWrite ? 'Can edit' : 'Can view'}</Badge>
        </li>
      ))}
    </ul>
  );
}

/** Asked of `can()`, the same function as the server's; the words say which road it went. */
function projectsReachedBy(org: OrganizationHandle, state: OrganizationState, member: MemberRecord): readonly Reached[] {
  const who = { memberId: member.id };
  const ownTeamIds = new Set(state.teamMembers.filter(({ memberId }) => memberId === member.id).map(({ teamId }) => teamId));
  const slugs = new Map(state.teams.map(({ id, slug }) => [id, slug]));
  return state.projects.flatMap((project) => {
    const on = { projectId: project.id };
    if (!org.can(who, 'project:read', on).allowed) return [];
    const through = state.projectTeams.filter(({ projectId, teamId }) => projectId === project.id && ownTeamIds.has(teamId));
    const because =
      through.length > 0 ? `Through ${through.map(({ teamId }) => `#${slugs.get(teamId)}`).join(', ')}` : withoutTeam(state, member);
    return [{ project, canWrite: org.can(who, 'project:write', on).allowed, because }];
  });
}

function withoutTeam({ organization }: OrganizationState, { orgRole }: MemberRecord): string {
  const role = orgRoles[orgRole];
  if (role.isGlobal) return `${role.name}s reach every project`;
  return organization?.openMembership ? 'Open membership lets everybody in' : 'By their role';
}
