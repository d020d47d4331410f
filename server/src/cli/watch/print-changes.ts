import { setTimeout as sleep } from 'node:timers/promises';
import { type ChangeEvent, type OrganizationHandle, OrgError, type RestChanges } from '@rollcall/client';
import type { Semaphore } from '../../runtime/limits/semaphore.ts';
import { CliError } from '../cli-error.ts';
import { eventInWords } from './describe-event.ts';

type Event = RestChanges['data'][number];

const eventsPerPage = 500;
/** The instance that responds may lag the one that sends the live changes by this much. */
const behindMs = 250;
const retryMs = 2_000;
const retried: ReadonlySet<string> = new Set(['unreachable', 'unavailable', 'rate-limited']);
/** Errors after which the state of the organization is printed. A new cursor continues from it. */
const needsState: ReadonlySet<string> = new Set(['cursor-of-another-view', 'cursor-expired']);

export interface Output {
  readonly isJson: boolean;
  /** Whether each text line names its organization, because several are watched. */
  readonly hasSeveral: boolean;
  /** Limits the requests for changes. */
  readonly reads: Semaphore;
}

/** Prints the changes after a cursor of the changes API, and then those that arrive. */
export class ChangesPrinter {
  readonly #handle: OrganizationHandle;
  readonly #output: Output;
  readonly #given: string | null;
  #cursor: string | null;
  /** The revision of the state that was printed. It contains all changes up to there. */
  #printedRevision = 0;

  /** @param after null: begins with the state */
  constructor(handle: OrganizationHandle, after: string | null, output: Output) {
    this.#handle = handle;
    this.#given = after;
    this.#cursor = after;
    this.#output = output;
  }

  /**
   * The cursor after the last printed change. Null if nothing was printed after the given cursor.
   */
  get next(): string | null {
    return this.#cursor === this.#given ? null : this.#cursor;
  }

  /**
   * Never resolves.
   * @throws CliError if the cursor can't be continued
   */
  async run(): Promise<never> {
    for (;;) {
      this.#cursor ??= await this.#printState();
      const page = await this.#read(this.#cursor);
      if (page === null) {
        this.#cursor = null;
        continue;
      }
      this.#print(page);
      this.#cursor = page.after;
      if (page.hasMore) continue;
      if (page.data.length === 0) await sleep(behindMs);
      await this.#handle.waitFor(page.head.revision + 1);
    }
  }

  /** Prints the state at a revision, and returns a cursor at or before that revision. */
  async #printState(): Promise<string> {
    const { after, head } = await this.#request({});
    await this.#handle.waitFor(head.revision);
    const { state } = this.#handle;
    const { id, revision, organization } = state;
    this.#printedRevision = revision!;
    const data = { organization: { id, slug: organization?.slug ?? null }, revision, state };
    console.log(JSON.stringify({ type: 'state', timestamp: new Date().toISOString(), data, after }));
    return after;
  }

  #print({ data, after }: RestChanges): void {
    const events = data.filter((event) => event.data.revision > this.#printedRevision);
    for (const [index, event] of events.entries()) {
      if (!this.#output.isJson) console.log(this.#inWords(event));
      else console.log(JSON.stringify(index === events.length - 1 ? { ...event, after } : event));
    }
  }

  /** Null if the state has to be printed first, because the rights changed or the log was cut. */
  async #read(after: string): Promise<RestChanges | null> {
    try {
      return await this.#request({ after, limit: eventsPerPage });
    } catch (error) {
      if (!(error instanceof OrgError)) throw error;
      if (this.#output.isJson && after !== this.#given && needsState.has(error.code)) return null;
      throw new CliError(`The changes can’t be read: ${error.message}`);
    }
  }

  async #request(filter: { readonly after?: string; readonly limit?: number }): Promise<RestChanges> {
    for (;;) {
      try {
        return await this.#output.reads.run(() => this.#handle.read.changes(filter));
      } catch (error) {
        if (!(error instanceof OrgError && retried.has(error.code))) throw error;
        await sleep(retryMs);
      }
    }
  }

  #inWords({ type, timestamp, data }: Event): string {
    const { id: _, recordId, ...fields } = data;
    const event = { ...fields, type, ...(recordId !== undefined && { id: recordId }) } as unknown as ChangeEvent;
    return eventInWords(event, this.#handle.state, { committedAt: new Date(timestamp), hasSeveral: this.#output.hasSeveral });
  }
}
