import { describeDisabledReason, type RestWebhook, type WebhookState } from '@rollcall/client';
import { count } from '../../kit/count.ts';
import { formatAge, formatTimeUntil } from '../../shell/format-time.ts';

interface Condition {
  readonly tone: 'good' | 'warn' | 'bad' | 'plain';
  readonly label: string;
  /** Null if there is nothing to add. */
  readonly detail: string | null;
}

/** @param state null until it is read */
export function conditionOf(
  { status, disabledReason }: Pick<RestWebhook, 'status' | 'disabledReason'>,
  state: WebhookState | null,
): Condition {
  const waiting = state !== null && state.behind > 0 ? `${count(state.behind, 'revision')} not delivered yet.` : null;
  if (status === 'disabled') {
    if (disabledReason === null) return { tone: 'plain', label: 'Disabled', detail: waiting };
    const detail = [`Disabled because ${describeDisabledReason(disabledReason)}.`, waiting];
    return { tone: 'bad', label: 'Disabled', detail: detail.filter(Boolean).join(' ') };
  }
  if (state === null) return { tone: 'plain', label: 'Active', detail: null };
  if (state.attempts > 0) return { tone: 'bad', label: 'Failing', detail: failureOf(state, Date.now()) };
  return waiting === null ? { tone: 'good', label: 'Up to date', detail: null } : { tone: 'warn', label: 'Behind', detail: waiting };
}

function failureOf({ attempts, lastError, nextAttemptAt, oldestUnsentAt, behind }: WebhookState, now: number): string {
  const since = oldestUnsentAt === null ? '' : `, the oldest ${formatAge(now - Date.parse(oldestUnsentAt))}`;
  const next = nextAttemptAt === null ? '' : ` Next attempt ${formatTimeUntil(Date.parse(nextAttemptAt) - now)}.`;
  const error = lastError === null ? '' : `: ${lastError.replace(/\.$/, '')}`;
  return `${count(attempts, 'attempt')} failed${error}.${next} ${count(behind, 'revision')} waiting${since}.`;
}

/** "All events", "member.*, team.created". */
export function eventsText({ eventTypes }: Pick<RestWebhook, 'eventTypes'>): string {
  return eventTypes.length === 0 ? 'All events' : eventTypes.join(', ');
}

/** The name of a webhook in labels and titles. */
export function nameOfWebhook({ description, url }: Pick<RestWebhook, 'description' | 'url'>): string {
  return description || new URL(url).host;
}
