import type { AuditEventName } from '@rollcall/protocol';
import { operatorNameOf } from '../../domain/actor.ts';
import type { AuditEvent } from '../../domain/audit/audit.ts';
import type { Recorder } from '../../runtime/security-events/recorder.ts';
import type { NewSecurityEvent } from '../../runtime/security-events/security-event.ts';
import type { Call } from '../command-call.ts';
import { eventCallerOf } from './event-caller.ts';

type Described = Pick<NewSecurityEvent, 'event' | 'kind'>;

/** Audit events with a security event of their own. The others are changes of an organization. */
const described: Partial<Record<AuditEventName, Described>> = {
  'org-auth-token.create': { event: 'token.create', kind: 'organization' },
  'org-auth-token.remove': { event: 'token.revoke', kind: 'organization' },
  'org.export': { event: 'transfer', kind: 'export' },
};

/**
 * Records the audit entries of a committed command as security events. What the server does by
 * itself, such as the daily removal of old data, is no act of a caller. What a job does for an
 * operator is one of the operator.
 */
export function recordChanges(
  recorder: Recorder,
  { orgId, actor, ipAddress = null, requestId }: Pick<Call<unknown, unknown>, 'orgId' | 'actor' | 'ipAddress' | 'requestId'>,
  entries: readonly AuditEvent[],
): void {
  if (entries.length === 0 || (actor.kind === 'system' && requestId === null && operatorNameOf(actor) === null)) return;
  const origin = { caller: eventCallerOf(actor), address: ipAddress, orgId, requestId };
  for (const { event, targetUser, targetObject } of entries) {
    const target = targetUser ? { kind: 'user', id: targetUser.id } : { kind: targetKindOf(event), id: targetObject };
    recorder.record({
      ...origin,
      ...(described[event] ?? { event: 'organization.change', kind: event }),
      outcome: 'success',
      target,
    });
  }
}

/** `member.edit` is about a member, and `org-auth-token.create` about a token. */
function targetKindOf(event: AuditEventName): string {
  const [kind = ''] = event.split('.');
  if (kind === 'org') return 'organization';
  return kind === 'org-auth-token' ? 'token' : kind;
}
