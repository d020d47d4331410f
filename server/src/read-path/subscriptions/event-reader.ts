import { type Audience, type Checksum, OrgError } from '@rollcall/protocol';
import { emptyMark, entryMark } from '../../domain/entry-mark.ts';
import { type OutletEvent, outletEvents } from '../../domain/outlet-events.ts';
import { decodeEventCursor, type EventCursor, encodeEventCursor } from '../feed/cursor.ts';
import { readLogPage } from '../feed/log-pages.ts';
import type { LogPage } from '../feed/log-reader.ts';
import type { WatchedOrganization } from '../watched/watched-organization.ts';
import type { Frame } from './frame.ts';
import type { Subscription } from './subscription.ts';

/**
 * Read path: reads the log as events for one subscription, from a cursor, at its client's pace. The
 * watched organization evaluates the rights and ends the subscription, as it does for replicas
 * (rules A1, A2). The log is read when it reports an advance, because notices lack the commit time.
 */

export interface PlacedEvent {
  readonly event: OutletEvent;
  /** The position after the event. */
  readonly cursor: string;
}

export interface EventPage {
  readonly events: readonly PlacedEvent[];
  /** The position after the page, also after what is not visible. */
  readonly cursor: string;
  /** The last revision that was read whole. */
  readonly revision: number;
  /** The feed's head. */
  readonly headRevision: number;
  readonly hasMore: boolean;
}

export interface ReaderOptions {
  /** A cursor, `floor` for everything that the log contains, or null for what follows now. */
  readonly after: string | null;
  wants(type: string): boolean;
  /** The path of a snapshot for the same view, which replaces a refused cursor. */
  readonly snapshotPath: string;
}

export interface RecordsSnapshot {
  readonly revision: number;
  readonly after: string;
  /** Texts of JSON objects that are separated by commas. Fails when the history changes. */
  readonly parts: AsyncIterable<string>;
  readonly checksum: Promise<Checksum>;
}

type Position = Omit<EventCursor, 'orgId' | 'audienceKey'>;

export class EventReader {
  readonly #watched: WatchedOrganization;
  readonly #subscription: Subscription;
  readonly #options: ReaderOptions;
  /** The rights never change while the subscription is open. */
  readonly #audience: Audience;
  #position: Position | null = null;
  /** The page that confirmed the start. The first `read` takes it, so that it isn't read again. */
  #startPage: LogPage | null = null;
  #wake: () => void = () => {};

  constructor(watched: WatchedOrganization, subscription: Subscription, options: ReaderOptions) {
    this.#watched = watched;
    this.#subscription = subscription;
    this.#options = options;
    this.#audience = subscription.audience;
    watched.readers.add(this);
    subscription.onEnded(() => {
      watched.readers.delete(this);
      this.#wake();
    });
    if (!this.isOpen) watched.readers.delete(this);
  }

  get isOpen(): boolean {
    return this.#subscription.phase === 'reading';
  }

  get orgId(): string {
    return this.#subscription.orgId;
  }

  close(): void {
    this.#subscription.end();
  }

  advanced(): void {
    this.#wake();
  }

  /** Resolves when there is more to read, or when the subscription ended. */
  async whenAdvanced(): Promise<void> {
    if (!this.isOpen || this.#watched.feed.head.revision > (this.#position?.revision ?? 0)) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  /**
   * The next events, for the current rights. Null if the subscription ended: nothing may be sent
   * then. The caller checks `isOpen` again if it waits before it sends.
   * @throws OrgError `cursor-invalid`, `cursor-expired`, `cursor-of-another-view`
   */
  async read(eventsMax: number): Promise<EventPage | null> {
    await this.start();
    const position = this.#position!;
    const page = this.#startPage ?? (await this.#readLog(position.revision));
    this.#startPage = null;
    if (!this.isOpen) return null;
    const { feed } = this.#watched;
    const isCurrent = page?.head.epoch === feed.head.epoch && position.revision >= feed.head.floorRevision;
    if (!page || !isCurrent || !continues(page, position)) throw this.#refusal('cursor-expired');
    const read = this.#take(page, position, eventsMax);
    this.#position = read.position;
    return {
      events: read.events,
      cursor: this.#cursorAt(read.position),
      revision: read.position.revision,
      headRevision: feed.head.revision,
      hasMore: read.position.revision < feed.head.revision,
    };
  }

  #take({ entries }: LogPage, start: Position, eventsMax: number): { readonly position: Position; readonly events: PlacedEvent[] } {
    const { feed } = this.#watched;
    const events: PlacedEvent[] = [];
    let position = start;
    for (const entry of entries) {
      if (entry.revision <= position.revision) continue;
      if (events.length === eventsMax || entry.revision > feed.head.revision) break;
      const whole = { ...position, revision: entry.revision, index: 0, chain: entryMark(entry) };
      const visible = outletEvents(entry, feed.state.organization!, this.#audience, this.#options.wants);
      const unread = visible.filter(({ data }) => data.index >= position.index);
      for (const event of unread.slice(0, eventsMax - events.length)) {
        const next = event === unread.at(-1) ? whole : { ...position, index: event.data.index + 1, chain: whole.chain };
        events.push({ event, cursor: this.#cursorAt(next) });
        position = next;
      }
      if (unread.length === 0) position = whole;
    }
    return { position, events };
  }

  /** @throws OrgError as `read` */
  async start(): Promise<void> {
    this.#position ??= await this.#readStart();
  }

  async #readStart(): Promise<Position> {
    const { feed } = this.#watched;
    const { epoch, revision } = feed.head;
    const { after } = this.#options;
    if (after === null) {
      this.#startPage = await this.#readLog(revision);
      return { epoch, revision, index: 0, chain: markAt(revision, this.#startPage) };
    }
    if (after === 'floor') {
      const page = await this.#readLog(revision);
      return { epoch, revision: page?.head.floorRevision ?? revision, index: 0, chain: emptyMark };
    }
    const cursor = decodeEventCursor(after);
    if (cursor?.orgId !== feed.orgId) throw cursorInvalid();
    if (cursor.epoch !== epoch || cursor.revision > revision) throw this.#refusal('cursor-expired');
    const page = await this.#readLog(cursor.revision);
    if (!page || !continues(page, cursor)) throw this.#refusal('cursor-expired');
    if (cursor.audienceKey !== this.#audience.key) throw this.#refusal('cursor-of-another-view');
    this.#startPage = page;
    return cursor;
  }

  /** All records that the subscription may see. Null if it ended before they were read. */
  async snapshot(): Promise<RecordsSnapshot | null> {
    // Not an earlier snapshot, because the caller may have written since.
    const snapshot = await this.#watched.snapshots.getCurrent(this.#audience, () => this.isOpen);
    if (!snapshot) return null;
    const { head, parts, checksum } = snapshot;
    const { epoch, revision } = head;
    const after = this.#cursorAt({ epoch, revision, index: 0, chain: markAt(revision, await this.#readLog(revision)) });
    return { revision, after, parts: recordsOf(parts), checksum };
  }

  #readLog(revision: number): Promise<LogPage | null> {
    const { feed, deps } = this.#watched;
    return readLogPage(feed, deps, revision);
  }

  #cursorAt({ epoch, revision, index, chain }: Position): string {
    return encodeEventCursor({ orgId: this.orgId, epoch, revision, index, chain, audienceKey: this.#audience.key });
  }

  #refusal(code: 'cursor-expired' | 'cursor-of-another-view'): OrgError {
    return cursorRefused(code, messages[code], { snapshot: this.#options.snapshotPath });
  }
}

const messages = {
  'cursor-expired': 'The log no longer continues this cursor. Start again with a snapshot.',
  'cursor-of-another-view': 'You see other records than with this cursor. Start again with a snapshot.',
};

function cursorInvalid(): OrgError {
  return cursorRefused('cursor-invalid', 'The cursor is not valid.', {});
}

function cursorRefused(code: 'cursor-invalid' | 'cursor-expired' | 'cursor-of-another-view', message: string, extra: object): OrgError {
  return new OrgError(code, message, { body: { detail: { code, message, extra } } });
}

async function* recordsOf(parts: AsyncIterable<Frame>): AsyncGenerator<string> {
  const opening = '"records":[';
  for await (const { json } of parts) yield json.slice(json.indexOf(opening) + opening.length, -']}'.length);
}

/** The mark of an entry. The entry at the floor was removed, so it has the empty mark. */
function markAt(revision: number, page: LogPage | null): string {
  const entry = page?.entries.find((one) => one.revision === revision);
  return entry ? entryMark(entry) : emptyMark;
}

/** Whether the log continues a position. The entry at the floor was removed, so it has no mark. */
function continues({ head, entries }: LogPage, { epoch, revision, index, chain }: Position): boolean {
  if (head.epoch !== epoch || revision < head.floorRevision || revision > head.revision) return false;
  // The position's mark belongs to the last entry that was read, even if only in part.
  const marked = index > 0 ? revision + 1 : revision;
  if (marked === head.floorRevision) return true;
  const entry = entries.find((one) => one.revision === marked);
  return entry !== undefined && entryMark(entry) === chain;
}
