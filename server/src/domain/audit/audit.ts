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

/**
 * The audit log's description of a command (REST contract 11): the event, the target, and the note.
 */

export interface AuditEvent {
  readonly event: AuditEventName;
  /** The id of the changed member, team, project, token or organization. */
  readonly targetObject: string;
  /** The changed user, if there is one. */
  readonly targetUser: AuditEntryRecord['targetUser'];
  readonly note: string;
  /** Facts about the target as of this revision. Never a secret. */
  readonly data: Readonly<Record<string, string>>;
}

/** An event about a member, who may still be an invite or a request. */
export function memberEvent(event: AuditEventName, member: MemberRecord, note: string): AuditEvent {
  const data = { id: member.id, ...(member.email === null ? {} : { email: member.email }), role: member.orgRole };
  return { event, targetObject: member.id, targetUser: member.user && { id: member.user.id, name: member.name }, note, data };
}

/** Without an invite token, the member is only added to the list and receives no invitation. */
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

/** @param team the team whose access to the project the event is about */
export function projectEvent(event: AuditEventName, project: ProjectRecord, note: string, team?: TeamRecord): AuditEvent {
  const { id, slug, name } = project;
  return { event, targetObject: id, targetUser: null, note, data: { id, slug, name, ...(team ? { team: team.slug } : {}) } };
}

export function projectEdited(before: ProjectRecord, after: ProjectRecord): AuditEvent {
  const event = projectEvent('project.edit', after, `edited project ${after.slug}`);
  if (before.slug === after.slug) return event;
  return { ...event, data: { ...event.data, old_slug: before.slug, new_slug: after.slug } };
}

/**
 * @param project the key's project, which is the target. Targets have numeric ids, and keys don't.
 */
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
