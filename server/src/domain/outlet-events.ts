import {
  type Audience,
  eventsOfChange,
  type LogChange,
  type OrganizationRecord,
  projectRecord,
  type RecordDifference,
  type RecordEvent,
} from '@rollcall/protocol';
import { completeChanges } from './complete-changes.ts';

/**
 * The events of a revision for webhooks, integrations and the changes API. The function is pure, so
 * an event has the same name and number in each of them, and at each attempt.
 */

/** A revision of the log. */
export interface EventSource {
  readonly orgId: string;
  readonly revision: number;
  readonly command: string;
  /** `user:12`, `org-token:7`, `operator` or `system`. */
  readonly actor: string;
  readonly requestId: string | null;
  readonly changes: readonly LogChange[];
  /** ISO 8601. */
  readonly committedAt: string;
}

export interface OutletEvent {
  /** One of `eventTypes`, or `record.changed`. */
  readonly type: string;
  /** The commit time of the revision, in ISO 8601. */
  readonly timestamp: string;
  readonly data: {
    /** `<organization>.<revision>.<index>`: the same for every reader and attempt. */
    readonly id: string;
    readonly organization: { readonly id: string; readonly slug: string };
    readonly revision: number;
    /** Counts the events of the revision from 0, also those that the reader may not see. */
    readonly index: number;
    /** The number of the revision's events that the reader gets. They were one commit. */
    readonly count: number;
    readonly actor: { readonly kind: string; readonly id: string | null };
    readonly requestId: string | null;
    readonly command: string;
    /** `before`, `after`, and the fields that depend on the type. */
    readonly [field: string]: unknown;
  };
}

/**
 * @param organization the organization as it is now
 * @param wants which types the reader requested
 */
export function outletEvents(
  source: EventSource,
  organization: OrganizationRecord,
  audience: Audience,
  wants: (type: string) => boolean,
): OutletEvent[] {
  const seen: { readonly index: number; readonly event: RecordEvent }[] = [];
  let nextIndex = 0;
  for (const change of completeChanges(source.changes)) {
    const all = eventsOfChange(change);
    for (const event of visibleEvents(audience, change)) {
      // Hiding a part of a record removes events of its change. It adds none, but may rename one:
      // an invite whose request to join is hidden seems to be created.
      const position = all.findIndex((one) => isSameEvent(one, event));
      if (wants(event.type)) seen.push({ index: nextIndex + Math.max(position, 0), event });
    }
    nextIndex += all.length;
  }
  const { orgId, revision, command, requestId, committedAt: timestamp } = source;
  const { id, slug } = organization;
  const actor = actorOf(source.actor);
  return seen.map(({ index, event: { type, ...fields } }) => ({
    type,
    timestamp,
    data: {
      id: `${orgId}.${revision}.${index}`,
      organization: { id, slug },
      revision,
      index,
      count: seen.length,
      actor,
      requestId,
      command,
      ...fields,
    },
  }));
}

function visibleEvents(audience: Audience, { kind, id, before, after }: RecordDifference): RecordEvent[] {
  const seenBefore = before && projectRecord(audience, kind, before);
  const seenAfter = after && projectRecord(audience, kind, after);
  if (!seenBefore && !seenAfter) return [];
  return eventsOfChange({ kind, id, before: seenBefore, after: seenAfter }).map((event) => {
    if (event.type !== 'record.changed') return event;
    // `id` is the event's id.
    const { id: recordId, ...fields } = event;
    return { ...fields, type: event.type, recordId };
  });
}

function isSameEvent(a: RecordEvent, b: RecordEvent): boolean {
  return a.type === b.type && a.flag === b.flag && a.setting === b.setting;
}

function actorOf(actor: string): OutletEvent['data']['actor'] {
  const [kind = actor, id = null] = actor.split(':');
  return { kind, id };
}

/** The type of {@link historyReplaced}, which no change has. */
export const historyReplacedType = 'history.replaced';

/**
 * The event that follows the restoration of the database from a backup: revisions after `revision`
 * may have the numbers of earlier, lost ones. Its id contains the new epoch, because it would
 * otherwise repeat the id of an event.
 */
export function historyReplaced(organization: OrganizationRecord, epoch: string, revision: number, timestamp: string): OutletEvent {
  const { id, slug } = organization;
  return {
    type: historyReplacedType,
    timestamp,
    data: {
      id: `${id}.${revision}.${epoch}`,
      organization: { id, slug },
      revision,
      index: -1,
      count: 1,
      actor: { kind: 'system', id: null },
      requestId: null,
      command: 'replace-history',
      before: null,
      after: null,
    },
  };
}
