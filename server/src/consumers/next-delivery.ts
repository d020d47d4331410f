import { audienceOf, type OrganizationRecord } from '@rollcall/protocol';
import type { CommittedEntry } from '../database/records/read-log.ts';
import { type OutletEvent, outletEvents } from '../domain/outlet-events.ts';
import type { Position } from './claims.ts';
import type { OpenConsumer } from './log-consumer.ts';

export interface NextDelivery {
  readonly events: readonly OutletEvent[];
  /** The position of its first event. */
  readonly at: Position;
  /** The position after its last event. */
  readonly next: Position;
}

interface EntryEvents {
  readonly entry: CommittedEntry;
  readonly organization: OrganizationRecord;
  readonly events: readonly OutletEvent[];
}

/**
 * The events of the entry that each consumer was last served from. A revision with thousands of
 * changes needs them for each of its deliveries.
 */
const lastEvents = new WeakMap<OpenConsumer, EntryEvents>();

/** A consumer is opened again at each head, with its scopes of that moment. */
function eventsOf(entry: CommittedEntry, organization: OrganizationRecord, consumer: OpenConsumer): readonly OutletEvent[] {
  const last = lastEvents.get(consumer);
  if (last?.entry === entry && last.organization === organization) return last.events;
  const audience = audienceOf(organization, new Set(consumer.scopes), null);
  const events = outletEvents(entry, organization, audience, (type) => consumer.wants(type));
  lastEvents.set(consumer, { entry, organization, events });
  return events;
}

/**
 * The first delivery of the entries at or after a position, or null if the consumer gets none of
 * their events.
 * @param organization the organization as it is now, which decides what the consumer may see
 */
export function nextDelivery(
  entries: readonly CommittedEntry[],
  position: Position,
  organization: OrganizationRecord,
  consumer: OpenConsumer,
): NextDelivery | null {
  for (const entry of entries) {
    const { revision } = entry;
    if (revision < position.revision) continue;
    const first = revision === position.revision ? position.index : 0;
    const events = eventsOf(entry, organization, consumer).filter(({ data }) => data.index >= first);
    const [event, ...others] = events;
    if (!event) continue;
    const isLast = consumer.isPerRevision || others.length === 0;
    return {
      events: consumer.isPerRevision ? events : [event],
      at: { revision, index: event.data.index },
      next: isLast ? { revision: revision + 1, index: 0 } : { revision, index: event.data.index + 1 },
    };
  }
  return null;
}
