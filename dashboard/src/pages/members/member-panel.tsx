import type { MemberRecord, OrganizationHandle, OrganizationState, ProjectRecord } from '@rollcall/client';
import { orgRoles } from '@rollcall/client';
import { RoleSelect } from '@rollcall/react';
import { isBlocked, isInvitation, isSelf, type MemberRow, mayAssign } from '@rollcall/react/parts';
import { useMemo } from 'react';
import { Badge } from '../../kit/badge.ts';
import { Button } from '../../kit/button.ts';
import { Dialog } from '../../kit/dialog.ts';
import { ChangedBy } from '../../live/changed-by.tsx';
import { GonePanel, useRemovable } from '../../live/gone-panel.tsx';
import { useOrganization, useOrgState } from '../../live/organization.tsx';
import { useHighlight } from '../../live/use-highlight.ts';
import { formatDate } from '../../shell/format-time.ts';
import { type MemberViewer, whyNotRemove } from './member-permissions.ts';
import { ResetSecondFactor } from './reset-second-factor.tsx';
import { SsoBadges } from './sso-badges.tsx';
import { SsoIdentity } from './sso-identity.tsx';
import { TeamChips } from './team-chips.tsx';
import type { MemberActions } from './use-member-actions.tsx';
import '../../kit/panel.css';
import './member-panel.css';

interface MemberPanelProps {
  readonly id: string;
  /** Null if the member was removed. */
  readonly row: MemberRow | null;
  readonly viewer: MemberViewer;
  readonly actions: MemberActions;
  onClose(): void;
}

/** The details of a member, live. */
export default function MemberPanel({ id, row, ...rest }: MemberPanelProps) {
  const { last } = useRemovable(row, rest.onClose);
  if (row) return <PresentMember row={row} {...rest} />;
  return <GonePanel noun="member" recordKey={`member:${id}`} name={last?.member.name ?? null} onClose={rest.onClose} />;
}

interface PresentMemberProps extends Omit<MemberPanelProps, 'id'> {
  readonly row: MemberRow;
}

function PresentMember({ row: { member, teams }, viewer, actions, onClose }: PresentMemberProps) {
  const allTeams = useOrgState((state) => state.teams);
  const highlight = useHighlight(`member:${member.id}`);
  const expires = member.inviteExpiresAt;
  const isOwn = isSelf(viewer, member);
  return (
    <Dialog title={member.name} isPanel onClose={onClose}>
      <div className="member-panel">
        <p className="panel-lead">
          {member.email}
          {viewer.canAdminMembers && isBlocked(member) && <Badge tone="warn">Blocked: no 2FA</Badge>}
          <SsoBadges member={member} />
          <ChangedBy highlight={highlight} />
        </p>
        <dl>
          <div>
            <dt>Role</dt>
            <dd>
              <RoleSelect member={member} onChange={(role, seen) => actions.changeRole(member, seen, role)} />
              <small>{orgRoles[member.orgRole].desc}</small>
            </dd>
          </div>
          {(viewer.canAdminMembers || isOwn) && !isInvitation(member) && (
            <div>
              <dt>2FA</dt>
              <dd className="member-panel-2fa">
                {member.user?.has2fa ? <Badge tone="good">On</Badge> : <Badge tone="warn">Off</Badge>}
                <ResetSecondFactor member={member} />
              </dd>
            </div>
          )}
          <div>
            <dt>{isInvitation(member) ? 'Invited' : 'Joined'}</dt>
            <dd>
              {formatDate(member.dateCreated)}
              {member.inviterName && ` by ${member.inviterName}`}
              {isInvitation(member) && expires && <small>The invitation expires on {formatDate(expires)}.</small>}
            </dd>
          </div>
        </dl>
        {member.flags['sso:linked'] && (isOwn || (viewer.canAdminMembers && mayAssign(viewer, member.orgRole))) && (
          <SsoIdentity member={member} isOwn={isOwn} />
        )}
        <h2>Teams</h2>
        <TeamChips member={member} teams={teams} allTeams={allTeams} viewer={viewer} actions={actions} />
        <h2>Project access</h2>
        <ReachedProjects member={member} sees2fa={viewer.canAdminMembers} />
        {!isOwn && whyNotRemove(viewer, member) === null && (
          <Button
            className="member-panel-remove"
            onClick={() => {
              onClose();
              actions.remove(member);
            }}
          >
            {isInvitation(member) ? 'Revoke invitation' : 'Remove from organization'}
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

function ReachedProjects({ member, sees2fa }: { readonly member: MemberRecord; readonly sees2fa: boolean }) {
  const org = useOrganization();
  const state = useOrgState((whole) => whole);
  const reached = useMemo(() => projectsReachedBy(org, state, member), [org, state, member]);
  if (isBlocked(member)) return <p>{sees2fa ? 'None until they set up 2FA.' : 'None at the moment.'}</p>;
  if (member.pending) return <p>None until they accept the invitation.</p>;
  if (reached.length === 0) return <p>None. They aren’t on a team that has projects.</p>;
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

/**
 * The projects that `can()`, the server's own function, gives the member access to, each with the
 * reason.
 */
function projectsReachedBy(org: OrganizationHandle, state: OrganizationState, member: MemberRecord): readonly Reached[] {
  const who = { memberId: member.id };
  const ownTeamIds = new Set(state.teamMembers.filter(({ memberId }) => memberId === member.id).map(({ teamId }) => teamId));
  const slugs = new Map(state.teams.map(({ id, slug }) => [id, slug]));
  return state.projects.flatMap((project) => {
    const on = { projectId: project.id };
    if (!org.can(who, 'project:read', on).allowed) return [];
    const through = state.projectTeams.filter(({ projectId, teamId }) => projectId === project.id && ownTeamIds.has(teamId));
    const because =
      through.length > 0 ? `Via ${through.map(({ teamId }) => `#${slugs.get(teamId)}`).join(', ')}` : withoutTeam(state, member);
    return [{ project, canWrite: org.can(who, 'project:write', on).allowed, because }];
  });
}

function withoutTeam({ organization }: OrganizationState, { orgRole }: MemberRecord): string {
  const role = orgRoles[orgRole];
  if (role.isGlobal) return `${role.name}s have access to all projects`;
  return organization?.openMembership ? 'Open membership gives everyone access' : 'Through their role';
}
