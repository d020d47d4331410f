import { setTimeout as sleep } from 'node:timers/promises';
import type { Response } from 'express';
import { faultOf } from '../../database/translate-error.ts';
import type { EventPage } from '../../read-path/subscriptions/event-reader.ts';
import { readerLimits } from '../../runtime/limits/rows/readers.ts';
import type { Log } from '../../runtime/log.ts';
import type { Ending } from './event-connection.ts';
import type { OpenedReader } from './open-reader.ts';
import { whenDrained } from './write-paced.ts';

/** Writes the events of one reader as server-sent events, at the pace of its client. */

export const streamHeaders = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  // Otherwise nginx would buffer the events.
  'X-Accel-Buffering': 'no',
};

/** The time after which a client reconnects. */
const reconnectMs = 2_000;
/**
 * The interval of `offset` messages. It is below the idle limits of proxies, which are a minute or
 * more.
 */
const offsetIntervalMs = 15_000;
const minuteMs = 60_000;
/** Events of one page, which the client reads before the next one is made. */
const pageEventsMax = 100;
const retryMs = 250;

export class EventStream {
  readonly #opened: OpenedReader;
  readonly #response: Response;
  readonly #log: Log;
  #writtenCursor: string | null = null;
  #page: EventPage | null = null;
  #hasWaited = false;

  constructor(opened: OpenedReader, response: Response, log: Log) {
    this.#opened = opened;
    this.#response = response;
    this.#log = log;
  }

  start(): void {
    const { connection } = this.#opened;
    this.#response.write(`retry: ${reconnectMs}\n\n`);
    const offsets = setInterval(() => this.#writeOffset(), offsetIntervalMs);
    const [min, max] = [readerLimits.streamMinutesMin.value * minuteMs, readerLimits.streamMinutesMax.value * minuteMs];
    const lifetime = setTimeout(() => connection.close(), min + Math.random() * (max - min));
    connection.onEnd((ending) => {
      clearInterval(offsets);
      clearTimeout(lifetime);
      this.#end(ending);
    });
    void this.#run();
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    const { connection, reader } = this.#opened;
    while (!connection.isOver) {
      try {
        await this.#writeNext();
      } catch (error) {
        // Without the database, a stream stays open as a socket does (rule R12).
        if (faultOf(error) !== null) await sleep(retryMs);
        else {
          this.#log.warn({ orgId: reader.orgId, error: String(error) }, 'ended a stream of changes that could not be continued');
          connection.close();
        }
      }
    }
  }

  async #writeNext(): Promise<void> {
    const { connection, reader, inSlot } = this.#opened;
    const read = () => reader.read(pageEventsMax);
    // All readers of a change share a read, so the read after a wait takes no slot.
    const page = await (this.#hasWaited ? read() : inSlot(read));
    if (!page || connection.isOver) return;
    this.#page = null;
    for (const { event, cursor } of page.events) {
      this.#write(cursor, event.type, event);
      await whenDrained(this.#response);
      // The rights may have ended in between.
      if (connection.isOver) return;
    }
    this.#page = page;
    if (this.#writtenCursor !== page.cursor) this.#writeOffset();
    this.#hasWaited = !page.hasMore;
    if (this.#hasWaited) await reader.whenAdvanced();
    await whenDrained(this.#response);
  }

  #writeOffset(): void {
    // Unread events keep the connection open.
    if (this.#page && !this.#response.writableNeedDrain) this.#write(this.#page.cursor, 'offset', { revision: this.#page.revision });
  }

  #write(cursor: string, event: string, data: object): void {
    this.#writtenCursor = cursor;
    this.#response.write(`id: ${cursor}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  #end(ending: Ending | null): void {
    this.#response.end(ending ? `event: ${ending.event}\ndata: ${JSON.stringify(ending.data)}\n\n` : '');
  }
}
