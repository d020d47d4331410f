import { styleText } from 'node:util';
import type { ChangeEvent, MemberRecord, OrganizationRecord, OrganizationState } from '@rollcall/client';

type Style = 'green' | 'yellow' | 'red';

interface LineOptions {
  /** Absent for an event that happened now. */
  readonly committedAt?: Date;
  /** Whether the line needs the name of the organization. */
  readonly hasSeveral?: boolean;
}

/** A line for people: time, revision, event and subject, in color on a terminal. */
export function eventInWords(event: ChangeEvent, state: OrganizationState, { committedAt, hasSeveral }: LineOptions = {}): string {
  const time = committedAt ? `${dateOf(committedAt)} ${timeOf(committedAt)}` : timeOf(new Date());
  const organization = hasSeveral ? ` ${(state.organization?.slug ?? event.org).padEnd(slugWidth)}` : '';
  const revision = `#${event.revision}`.padStart(6);
  return `${paint('dim', time)}${organization} ${paint('dim', revision)} ${paint(styleOf(event), event.type.padEnd(22))} ${describe(event, state)}`;
}

/** Most slugs are shorter. */
const slugWidth = 16;

function timeOf(date: Date): string {
  return date.toTimeString().slice(0, 8);
}

/** Formats a date as `2026-03-02`, in the time zone of this machine. */
function dateOf(date: Date): string {
  return date.toLocaleDateString('sv');
}

/** Returns plain text if stdout is not a terminal, or if NO_COLOR is set. */
function paint(style: Style | 'dim', text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

function styleOf({ type }: ChangeEvent): Style {
  if (/(added|created|accepted|Joined|assigned)$/.test(type) && type !== 'project.unassigned') return 'green';
  return /(removed|Left|unassigned)$/.test(type) ? 'red' : 'yellow';
}

function describe(event: ChangeEvent, state: OrganizationState): string {
  switch (event.type) {
    case 'flag.changed':
      return `${event.flag}: ${arrow(event.before, event.after)}`;
    case 'setting.changed':
      return `${event.setting}: ${arrow(event.before, event.after)}`;
    case 'organization.updated':
      return describeOrganization(event.before, event.after);
    case 'member.roleChanged':
      return `${nameOf(event.after)}: ${arrow(event.before.orgRole, event.after.orgRole)}`;
    case 'member.added':
    case 'member.updated':
    case 'member.removed':
    case 'invite.created':
    case 'invite.updated':
    case 'invite.accepted':
    case 'invite.removed': {
      const member = event.after ?? event.before!;
      return `${nameOf(member)} (${member.orgRole})`;
    }
    case 'team.memberJoined':
    case 'team.memberRoleChanged':
    case 'team.memberLeft':
    case 'accessRequest.created':
    case 'accessRequest.settled': {
      const { teamId, memberId } = event.after ?? event.before!;
      const member = state.members.find(({ id }) => id === memberId);
      return `${member ? nameOf(member) : `member ${memberId}`} on ${slugIn(state.teams, teamId)}`;
    }
    case 'project.assigned':
    case 'project.unassigned': {
      const { projectId, teamId } = event.after ?? event.before!;
      return `${slugIn(state.projects, projectId)} on ${slugIn(state.teams, teamId)}`;
    }
    case 'audit.recorded':
    case 'audit.retired': {
      const { actor, note } = event.after ?? event.before!;
      return `${actor?.name ?? 'the server'} ${note}`;
    }
    case 'projectKey.created':
    case 'projectKey.updated':
    case 'projectKey.removed': {
      const { name, projectId } = event.after ?? event.before!;
      return `${name} of ${slugIn(state.projects, projectId)}`;
    }
    case 'projectSettings.created':
    case 'projectSettings.updated':
    case 'projectSettings.removed':
      return slugIn(state.projects, (event.after ?? event.before!).id);
    case 'retention.changed':
      return (event.after ?? event.before!).id;
    case 'access.changed':
      return `${event.appeared.length} records became visible, ${event.disappeared.length} became hidden`;
    case 'record.changed':
      return `${event.kind} ${event.id}`;
    default: {
      const { id, name, slug }: { id: string; name?: string; slug?: string } = event.after ?? event.before;
      return slug ?? name ?? id;
    }
  }
}

function describeOrganization(before: OrganizationRecord, after: OrganizationRecord): string {
  const field = (['name', 'slug', 'status'] as const).find((name) => before[name] !== after[name]);
  return field ? `${field}: ${arrow(before[field], after[field])}` : after.slug;
}

/**
 * The length of a value on a line for people. A setting may have 64 KB. `--json` prints all of it.
 */
const valueLengthMax = 100;

function arrow(before: unknown, after: unknown): string {
  const text = (value: unknown) => {
    const whole = typeof value === 'string' ? value : JSON.stringify(value);
    return whole.length > valueLengthMax ? `${whole.slice(0, valueLengthMax)}…` : whole;
  };
  return `${text(before)} -> ${text(after)}`;
}

function nameOf({ name, email }: MemberRecord): string {
  return email !== null && email !== name ? `${name} <${email}>` : name;
}

/** A record that was removed in the same step is no longer in the state, so its id is printed. */
function slugIn(records: readonly { readonly id: string; readonly slug: string }[], id: string): string {
  return records.find((record) => record.id === id)?.slug ?? id;
}
