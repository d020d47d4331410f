import { expandScopes, type OrgState, orgRoles, type Scope, type WebhookRecord } from '@rollcall/protocol';
import type { Actor } from '../../../domain/actor.ts';
import type { AuditEvent } from '../../../domain/audit/audit.ts';
import { effectiveScopes } from '../../../domain/authorize.ts';

/** The webhooks of an organization (REST contract 13.10). */

/** The scopes of callers who manage webhooks. */
export const webhookScopes: readonly Scope[] = ['org:write', 'org:integrations'];

export interface NewWebhook {
  readonly url: string;
  readonly description: string;
  readonly eventTypes: readonly string[];
  /** Null: those of a manager that its maker holds. */
  readonly scopes: readonly Scope[] | null;
}

/** Absent fields keep their values. */
export type WebhookChanges = Partial<Pick<WebhookRecord, 'url' | 'description' | 'eventTypes' | 'scopes' | 'status'>>;

/** The scopes of a webhook whose maker chose none. */
export function defaultWebhookScopes(state: OrgState, actor: Actor): Scope[] {
  const own = effectiveScopes(state, actor);
  return orgRoles.manager.scopes.filter((scope) => own.has(scope));
}

/** The webhook after the changes. If a person switched it on or off, it has no reason. */
export function changeWebhook(before: WebhookRecord, changes: WebhookChanges): WebhookRecord {
  const after = { ...before, ...changes };
  return after.status === before.status ? after : { ...after, disabledReason: null };
}

/** Whether the changes decide who receives what. */
export function changesReceiver(before: WebhookRecord, after: WebhookRecord): boolean {
  return after.url !== before.url || !hasSameScopes(before, after);
}

export function hasSameScopes(a: Pick<WebhookRecord, 'scopes'>, b: Pick<WebhookRecord, 'scopes'>): boolean {
  const [first, second] = [expandScopes(a.scopes), expandScopes(b.scopes)];
  return first.size === second.size && [...first].every((scope) => second.has(scope));
}

/** The name and the port that a webhook calls. Few calls go to one host at a time. */
export function hostOfWebhook({ url }: Pick<WebhookRecord, 'url'>): string {
  const { hostname, port, protocol } = new URL(url);
  return `${hostname}:${port || (protocol === 'https:' ? '443' : '80')}`;
}

/**
 * An event about a webhook. Its name is the host, because the URL may contain a secret of the
 * receiver.
 */
export function webhookEvent(
  event: 'webhook.create' | 'webhook.edit' | 'webhook.remove',
  webhook: Pick<WebhookRecord, 'id' | 'url'>,
  verb: string,
  data: Readonly<Record<string, string>> = {},
): AuditEvent {
  const host = new URL(webhook.url).host;
  return {
    event,
    targetObject: webhook.id,
    targetUser: null,
    note: `${verb} webhook ${host}`,
    data: { id: webhook.id, name: host, ...data },
  };
}

/** The changed fields for the audit log, without the URL, which may contain a secret. */
export function webhookEdits(before: WebhookRecord, after: WebhookRecord): Record<string, string> {
  const text = (from: string, to: string) => (from === to ? null : `from ${from || 'none'} to ${to || 'none'}`);
  const edits = {
    url: after.url === before.url ? null : 'changed',
    description: text(before.description, after.description),
    event_types: listEdits(before.eventTypes, after.eventTypes),
    scopes: listEdits(before.scopes, after.scopes),
    status: text(before.status, after.status),
  };
  return Object.fromEntries(Object.entries(edits).flatMap(([key, edit]) => (edit === null ? [] : [[key, edit]])));
}

function listEdits(before: readonly string[], after: readonly string[]): string | null {
  const added = after.filter((one) => !before.includes(one));
  const gone = before.filter((one) => !after.includes(one));
  const edits = [...added.map((one) => `added ${one}`), ...gone.map((one) => `removed ${one}`)];
  return edits.length === 0 ? null : edits.join(', ');
}
