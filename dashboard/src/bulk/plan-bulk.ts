import {
  type MemberRecord,
  type OrganizationRecord,
  type OrgRoleId,
  orgRoles,
  type TeamMemberRecord,
  type TeamRecord,
} from '@rollcall/client';
import { isSelf, type Outcome, whyNotChangeRole } from '@rollcall/react/parts';
import { count } from '../kit/count.ts';
import { type MemberViewer, whyNotLeaveTeam, whyNotRemove } from '../pages/members/member-permissions.ts';
import { type Before, type BulkStep, type BulkTask, unchanged } from './bulk-task.ts';

export type BulkChoice =
  | { readonly kind: 'role'; readonly role: OrgRoleId }
  | { readonly kind: 'add' | 'leave'; readonly team: TeamRecord }
  | { readonly kind: 'remove' };

/** The effect of a bulk action, before it is confirmed. */
export interface BulkPlan {
  readonly task: BulkTask;
  /** The members that are sent to the server. */
  readonly size: number;
  readonly title: string;
  /** "Add 9,948 members to #team-77. 33 are on it already." */
  readonly text: string;
  /** The label of the button: "Add 9,948 members". */
  readonly action: string;
  /** Whether it takes nothing from anyone. */
  readonly isHarmless: boolean;
}

interface Facts {
  readonly organization: OrganizationRecord;
  readonly teamMembers: readonly TeamMemberRecord[];
  readonly viewer: MemberViewer;
}

interface Kind {
  readonly doing: string;
  readonly done: string;
  readonly action: BulkStep['action'];
  readonly before: ((member: MemberRecord) => Before) | null;
  readonly same: BulkTask['same'];
  isSame(member: MemberRecord): boolean;
  whyNot(member: MemberRecord): string | null;
  title: string;
  /** Takes the number of members in words. */
  sentence(who: string): string;
  button(who: string): string;
}

/** Decides whom the action concerns, from the state that the user sees. */
export function planBulk(choice: BulkChoice, selected: readonly MemberRecord[], facts: Facts): BulkPlan {
  const kind = kindOf(choice, facts);
  const known = new Map<string, Outcome>();
  const sent: MemberRecord[] = [];
  for (const member of selected) {
    const reason = kind.whyNot(member);
    if (reason !== null) known.set(member.id, { kind: 'left-out', reason });
    else if (kind.isSame(member)) known.set(member.id, unchanged);
    else sent.push(member);
  }
  const who = count(sent.length, 'member');
  const same = [...known.values()].filter((outcome) => outcome === unchanged).length;
  const refused = known.size - same;
  const { id, name, slug } = facts.organization;
  return {
    size: sent.length,
    title: kind.title,
    text: [
      kind.sentence(who),
      ...(same > 0 ? [`${same.toLocaleString('en')} ${same === 1 ? presentOf(kind.same[0]) : presentOf(kind.same[1])}.`] : []),
      ...(refused > 0 ? [`${refused.toLocaleString('en')} can’t be changed.`] : []),
      choice.kind === 'remove'
        ? 'They can’t be restored: to rejoin, they need a new invitation.'
        : 'You can undo this for a minute afterwards.',
    ].join(' '),
    action: kind.button(who),
    isHarmless: choice.kind === 'add',
    task: {
      organization: { id, name, slug },
      doing: kind.doing,
      done: kind.done,
      steps: [{ action: kind.action, members: sent.map((member) => member.id) }],
      known,
      same: kind.same,
      before: kind.before && new Map(sent.map((member) => [member.id, kind.before!(member)])),
      labels: new Map(selected.map((member) => [member.id, member.email ?? member.name])),
    },
  };
}

/** The result is about the past, the question about now. */
function presentOf(past: string): string {
  return past.replace(/^was/, 'is').replace(/^were/, 'are');
}

function kindOf(choice: BulkChoice, { teamMembers, viewer }: Facts): Kind {
  switch (choice.kind) {
    case 'role': {
      const { name } = orgRoles[choice.role];
      return {
        doing: `Changing role to ${name}`,
        done: 'updated',
        action: { action: 'set-role', orgRole: choice.role },
        before: ({ orgRole }) => orgRole,
        same: ['has that role already', 'have that role already'],
        isSame: ({ orgRole }) => orgRole === choice.role,
        whyNot: (member) => whyNotChangeRole(viewer, member),
        title: `Change role to ${name}?`,
        sentence: (who) =>
          `Change the role of ${who} to ${name}.${choice.role === 'owner' ? ' Owners have full control: they can change any role, including yours, remove any member, and delete the organization.' : ''}`,
        button: (who) => `Change ${who}`,
      };
    }
    case 'add': {
      const { team } = choice;
      const on = rolesOn(teamMembers, team);
      return {
        doing: `Adding to #${team.slug}`,
        done: `added to #${team.slug}`,
        action: { action: 'add-to-team', team: team.id },
        before: () => null,
        same: ['was on it already', 'were on it already'],
        isSame: ({ id }) => on.has(id),
        whyNot: () => null,
        title: `Add to #${team.slug}?`,
        sentence: (who) => `Add ${who} to #${team.slug}.`,
        button: (who) => `Add ${who}`,
      };
    }
    case 'leave': {
      const { team } = choice;
      const on = rolesOn(teamMembers, team);
      return {
        doing: `Removing from #${team.slug}`,
        done: `removed from #${team.slug}`,
        action: { action: 'remove-from-team', team: team.id },
        before: ({ id }) => on.get(id) ?? null,
        same: ['wasn’t on it', 'weren’t on it'],
        isSame: ({ id }) => !on.has(id),
        whyNot: (member) => whyNotLeaveTeam(viewer, member, team),
        title: `Remove from #${team.slug}?`,
        sentence: (who) => `Remove ${who} from #${team.slug}.`,
        button: (who) => `Remove ${who}`,
      };
    }
    case 'remove':
      return {
        doing: 'Removing members',
        done: 'removed',
        action: { action: 'remove' },
        before: null,
        same: ['was removed already', 'were removed already'],
        isSame: () => false,
        whyNot: (member) =>
          isSelf(viewer, member) ? 'You can’t remove yourself here. Use “Leave organization”.' : whyNotRemove(viewer, member),
        title: 'Remove from the organization?',
        sentence: (who) => `Remove ${who}, up to 100 at a time. They lose access as soon as they are removed, without a delay.`,
        button: (who) => `Remove ${who}`,
      };
  }
}

function rolesOn(teamMembers: readonly TeamMemberRecord[], team: TeamRecord): ReadonlyMap<string, TeamMemberRecord['teamRole']> {
  return new Map(teamMembers.filter(({ teamId }) => teamId === team.id).map(({ memberId, teamRole }) => [memberId, teamRole]));
}
