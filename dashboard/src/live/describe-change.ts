import { type ChangeEvent, type OrganizationState, orgRoles, type TeamMemberRecord, teamRoles } from '@rollcall/client';

/** What a change is shown at, and how it is told. */
export interface DescribedChange {
  /** Of the records that look different now: `member:7`, `team:3`, `project:2`, `organization`, `invite:9`. */
  readonly keys: readonly string[];
  /** Without who did it: "Ada is now an admin". */
  readonly text: string;
  /** What the audit log names as its target, to find who did it. */
  readonly targetId: string | null;
}

/** Null for what is not worth telling: that an audit entry came, or that nothing but time passed. */
export function describeChange(event: ChangeEvent, state: OrganizationState): DescribedChange | null {
  const told = (text: string, targetId: string | null, ...keys: readonly string[]): DescribedChange => ({ keys, text, targetId });
  switch (event.type) {
    case 'organization.updated':
      if (event.before.status !== event.after.status)
        return told(`The organization ${event.after.status === 'active' ? 'was restored' : 'is to be deleted'}`, null, 'organization');
      return told('The organization’s details were changed', null, 'organization');
    case 'flag.changed':
      return told(`${wordsOf(event.flag)} was switched ${event.after ? 'on' : 'off'}`, null, 'organization', `flag:${event.flag}`);
    case 'setting.changed':
      return told(`${wordsOf(event.setting)} was changed`, null, 'organization', `setting:${event.setting}`);
    case 'member.added':
      return told(`${event.after.name} joined`, event.after.id, `member:${event.after.id}`);
    case 'member.roleChanged':
      return told(
        `${event.after.name} is now ${orgRoles[event.after.orgRole].name}`,
        event.after.id,
        `member:${event.after.id}`,
        `member:${event.after.id}:role`,
      );
    case 'member.updated':
      return told(`${event.after.name} was changed`, event.after.id, `member:${event.after.id}`);
    case 'member.removed':
      return told(`${event.before.name} was removed`, event.before.id, `member:${event.before.id}`);
    case 'invite.created':
    case 'invite.updated':
      return told(
        `${event.after.email ?? 'Somebody'} ${event.type === 'invite.created' ? 'was invited' : 'has a changed invitation'}`,
        event.after.id,
        `member:${event.after.id}`,
      );
    case 'invite.removed':
      return told(`The invitation of ${event.before.email ?? 'somebody'} was withdrawn`, event.before.id, `member:${event.before.id}`);
    case 'team.created':
    case 'team.updated':
      return told(
        `Team #${event.after.slug} was ${event.type === 'team.created' ? 'created' : 'changed'}`,
        event.after.id,
        `team:${event.after.id}`,
      );
    case 'team.removed':
      return told(`Team #${event.before.slug} was removed`, event.before.id, `team:${event.before.id}`);
    case 'team.memberJoined':
      return onTeam(event.after, state, 'joined');
    case 'team.memberLeft':
      return onTeam(event.before, state, 'left');
    case 'team.memberRoleChanged':
      return onTeam(event.after, state, `is ${teamRoles[event.after.teamRole ?? 'contributor'].name} of`);
    case 'project.created':
    case 'project.updated':
      return told(
        `Project ${event.after.slug} was ${event.type === 'project.created' ? 'created' : 'changed'}`,
        event.after.id,
        `project:${event.after.id}`,
      );
    case 'project.removed':
      return told(`Project ${event.before.slug} was removed`, event.before.id, `project:${event.before.id}`);
    case 'project.assigned':
    case 'project.unassigned': {
      const { projectId, teamId } = (event.after ?? event.before)!;
      const verb = event.type === 'project.assigned' ? 'was given to' : 'was taken from';
      const project = state.projects.find(({ id }) => id === projectId)?.slug ?? 'A project';
      return told(`${project} ${verb} ${teamName(state, teamId)}`, projectId, `project:${projectId}`, `team:${teamId}`);
    }
    case 'token.created':
    case 'token.updated':
      return told(
        `Token ${event.after.name} was ${event.type === 'token.created' ? 'created' : 'renamed'}`,
        event.after.id,
        `token:${event.after.id}`,
      );
    case 'token.removed':
      return told(`Token ${event.before.name} was revoked`, event.before.id, `token:${event.before.id}`);
    default:
      return null;
  }
}

function onTeam({ teamId, memberId }: TeamMemberRecord, state: OrganizationState, verb: string): DescribedChange {
  const member = state.members.find(({ id }) => id === memberId) ?? state.invites.find(({ id }) => id === memberId);
  return {
    keys: [`member:${memberId}`, `member:${memberId}:teams`, `team:${teamId}`],
    text: `${member?.name ?? 'A member'} ${verb} ${teamName(state, teamId)}`,
    targetId: memberId,
  };
}

function teamName(state: OrganizationState, teamId: string): string {
  const slug = state.teams.find(({ id }) => id === teamId)?.slug;
  return slug === undefined ? 'a team' : `#${slug}`;
}

/** `allowMemberInvite` is "Allow member invite" on the page. */
export function wordsOf(name: string): string {
  if (name === 'require2FA') return 'Require two-factor authentication';
  if (name === 'isEarlyAdopter') return 'Early adopter';
  const words = name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
