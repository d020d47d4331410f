import {
  type ChangeEvent,
  type MemberRecord,
  type OrganizationRecord,
  type OrganizationState,
  type TeamMemberRecord,
  teamRoles,
} from '@rollcall/client';
import { roleWithArticle } from './role-with-article.ts';
import { nameOfSetting } from './setting-names.ts';

/** A change as it is shown to other users. */
export interface DescribedChange {
  /** The keys of what to highlight: `member:7`, `team:3`, `project:2`, `organization`. */
  readonly keys: readonly string[];
  /** The change without the actor: "Ada is now an admin". */
  readonly text: string;
  /** The target of the audit entry about this change, which names the actor. */
  readonly targetId: string | null;
}

/** Null for events that are not shown, such as a new audit entry. */
export function describeChange(event: ChangeEvent, state: OrganizationState): DescribedChange | null {
  const described = (text: string, targetId: string | null, ...keys: readonly string[]): DescribedChange => ({ keys, text, targetId });
  switch (event.type) {
    case 'organization.updated':
      if (event.before.status !== event.after.status)
        return described(
          `The organization was ${event.after.status === 'active' ? 'restored' : 'scheduled for deletion'}`,
          null,
          'organization',
        );
      return described('The organization’s details were updated', null, 'organization', ...keysOfFields(event.before, event.after));
    case 'flag.changed':
      return described(
        `“${nameOfSetting(event.flag)}” was turned ${event.after ? 'on' : 'off'}`,
        null,
        'organization',
        `flag:${event.flag}`,
      );
    case 'setting.changed':
      return described(`“${nameOfSetting(event.setting)}” was changed`, null, 'organization', `setting:${event.setting}`);
    case 'member.added':
      return described(`${event.after.name} joined`, event.after.id, `member:${event.after.id}`);
    case 'member.roleChanged':
      return described(
        `${event.after.name} is now ${roleWithArticle(event.after.orgRole)}`,
        event.after.id,
        `member:${event.after.id}`,
        `member:${event.after.id}:role`,
      );
    case 'member.updated':
      return described(`${event.after.name} was updated`, event.after.id, `member:${event.after.id}`);
    case 'member.removed':
      return described(`${event.before.name} was removed`, event.before.id, `member:${event.before.id}`);
    case 'invite.created':
      return described(`${invitationOf(event.after)} was ${sent(event.after)}`, event.after.id, `member:${event.after.id}`);
    case 'invite.updated':
      return described(`${invitationOf(event.after)} was updated`, event.after.id, `member:${event.after.id}`);
    case 'invite.removed':
      return described(`${invitationOf(event.before)} was removed`, event.before.id, `member:${event.before.id}`);
    case 'team.created':
    case 'team.updated':
      return described(
        `Team #${event.after.slug} was ${event.type === 'team.created' ? 'created' : 'updated'}`,
        event.after.id,
        `team:${event.after.id}`,
      );
    case 'team.removed':
      return described(`Team #${event.before.slug} was removed`, event.before.id, `team:${event.before.id}`);
    case 'team.memberJoined':
      return onTeam(event.after, state, 'joined');
    case 'team.memberLeft':
      return onTeam(event.before, state, 'left');
    case 'team.memberRoleChanged':
      return onTeam(event.after, state, `is now ${teamRoles[event.after.teamRole ?? 'contributor'].name} of`);
    case 'project.created':
    case 'project.updated':
      return described(
        `Project ${event.after.slug} was ${event.type === 'project.created' ? 'created' : 'updated'}`,
        event.after.id,
        `project:${event.after.id}`,
      );
    case 'project.removed':
      return described(`Project ${event.before.slug} was removed`, event.before.id, `project:${event.before.id}`);
    case 'project.assigned':
    case 'project.unassigned': {
      const { projectId, teamId } = (event.after ?? event.before)!;
      const verb = event.type === 'project.assigned' ? 'was assigned to' : 'was unassigned from';
      const project = state.projects.find(({ id }) => id === projectId)?.slug ?? 'A project';
      return described(`${project} ${verb} ${teamName(state, teamId)}`, projectId, `project:${projectId}`, `team:${teamId}`);
    }
    case 'token.created':
    case 'token.updated':
      return described(
        `Token ${event.after.name} was ${event.type === 'token.created' ? 'created' : 'renamed'}`,
        event.after.id,
        `token:${event.after.id}`,
      );
    case 'token.removed':
      return described(`Token ${event.before.name} was removed`, event.before.id, `token:${event.before.id}`);
    case 'ipAllowList.created':
    case 'ipAllowList.updated':
      return described('The list of IP addresses was changed', event.after.id, 'ip-allow-list');
    case 'retention.changed':
      return described('The retention settings were changed', (event.after ?? event.before)!.id, 'retention');
    case 'authProvider.created':
    case 'authProvider.updated':
    case 'authProvider.removed':
      return described('Single sign-on was changed', (event.after ?? event.before)!.id, 'auth-provider');
    default:
      return null;
  }
}

function invitationOf({ email, inviteStatus }: MemberRecord): string {
  return `The ${inviteStatus === 'approved' ? 'invitation' : 'request'} for ${email ?? 'someone'}`;
}

function sent({ inviteStatus }: MemberRecord): string {
  return inviteStatus === 'approved' ? 'sent' : 'received';
}

/** The keys of the fields that differ: `setting:name`, `setting:defaultRole`. */
function keysOfFields(before: OrganizationRecord, after: OrganizationRecord): string[] {
  const names = Object.keys(after) as (keyof OrganizationRecord)[];
  return names.filter((name) => before[name] !== after[name]).map((name) => `setting:${name}`);
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
