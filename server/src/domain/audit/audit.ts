import type {
  AuditEntryRecord,
  AuditEventName,
  AuthTokenRecord,
  MemberRecord,
  OrganizationRecord,
  ProjectKeyRecord,
  ProjectRecord,
  TeamRecord,
} from '@rollcall/protocol';
import { type Actor, isSelf } from '../actor.ts';
import type { InviteMode } from '../invites/invites.ts';

/** What the audit log tells of a command (REST contract 11): which event, about whom and what, in which words. */

export interface AuditEvent {
  readonly event: AuditEventName;
  /** The id of the member, team, project, token or organization it was done to. */
  readonly targetObject: string;
  /** The user it was done to, where there is one. */
  readonly targetUser: AuditEntryRecord['targetUser'];
  readonly note: string;
  /** Facts about the target as they are with this revision. Never a secret. */
  readonly data: Readonly<Record<string, string>>;
}

/** An event about a member, who may be an invite or a request yet. */
export function memberEvent(event: AuditEventName, member: MemberRecord, note: string): AuditEvent {
  const data = { id: member.id, ...(member.email === null ? {} : { email: member.email }), role: member.orgRole };
  return { event, targetObject: member.id, targetUser: member.user && { id: member.user.id, name: member.name }, note, data };
}

/** Without a token nobody is invited: they are in the list, and that is all. */
export function memberInvited(member: MemberRecord, invites: InviteMode): AuditEvent {
  return invites === 'on'
    ? memberEvent('member.invite', member, `invited member ${member.email}`)
    : memberEvent('member.add', member, `added member ${member.email}`);
}

export function memberRemoved(actor: Actor, member: MemberRecord): AuditEvent {
  return memberEvent('member.remove', member, isSelf(actor, member) ? 'left the organization' : `removed member ${member.email}`);
}

export function teamJoined(actor: Actor, member: MemberRecord, team: TeamRecord): AuditEvent {
  const note = isSelf(actor, member) ? `joined team ${team.slug}` : `added ${member.email} to team ${team.slug}`;
  return { ...memberEvent('member.join-team', member, note), data: teamData(team) };
}

export function teamLeft(actor: Actor, member: MemberRecord, team: TeamRecord): AuditEvent {
  const note = isSelf(actor, member) ? `left team ${team.slug}` : `removed ${member.email} from team ${team.slug}`;
  return { ...memberEvent('member.leave-team', member, note), data: teamData(team) };
}

function teamData({ id, slug, name }: TeamRecord): AuditEvent['data'] {
  return { id, slug, name };
}

export function teamEvent(event: AuditEventName, team: TeamRecord, note: string): AuditEvent {
  return { event, targetObject: team.id, targetUser: null, note, data: teamData(team) };
}

/** @param team whose access to the project it is about */
export function projectEvent(event: AuditEventName, project: ProjectRecord, note: string, team?: TeamRecord): AuditEvent {
  const { id, slug, name } = project;
  return { event, targetObject: id, targetUser: null, note, data: { id, slug, name, ...(team ? { team: team.slug } : {}) } };
}

export function projectEdited(before: ProjectRecord, after: ProjectRecord): AuditEvent {
  const event = projectEvent('project.edit', after, `edited project ${after.slug}`);
  if (before.slug === after.slug) return event;
  return { ...event, data: { ...event.data, old_slug: before.slug, new_slug: after.slug } };
}

/** @param project it is a key of: a key's id is no number, as targets of the log are */
export function projectKeyEvent(event: AuditEventName, project: ProjectRecord, key: ProjectKeyRecord, note: string): AuditEvent {
  const data = { id: key.id, name: key.name, project: project.slug };
  return { event, targetObject: project.id, targetUser: null, note, data };
}

export function tokenEvent(event: AuditEventName, token: AuthTokenRecord, note: string): AuditEvent {
  return { event, targetObject: token.id, targetUser: null, note, data: { id: token.id, name: token.name } };
}

export function organizationEvent(event: AuditEventName, organization: OrganizationRecord, note: string): AuditEvent {
  const { id, slug, name } = organization;
  return { event, targetObject: id, targetUser: null, note, data: { id, slug, name } };
}
