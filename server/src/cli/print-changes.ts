import { setTimeout as sleep } from 'node:timers/promises';
import { type ChangeEvent, type OrganizationHandle, OrgError, type RestChanges } from '@rollcall/client';
import { CliError } from './cli-error.ts';
import { eventInWords } from './describe-event.ts';

type Event = RestChanges['data'][number];

const eventsPerPage = 500;
/** The instance that responds may be behind the one that sends the live changes. */
const behindMs = 250;
const retryMs = 2_000;

/** Prints the changes after a cursor of the changes API, and then those that arrive. */
export class ChangesPrinter {
  readonly #handle: OrganizationHandle;
  readonly #isJson: boolean;
  /** Continues after what was printed. */
  cursor: string;

  constructor(handle: OrganizationHandle, after: string, isJson: boolean) {
    this.#handle = handle;
    this.cursor = after;
    this.#isJson = isJson;
  }

  /**
   * Never resolves.
   * @throws CliError if the cursor can't be continued
   */
  async run(): Promise<never> {
    for (;;) {
      const page = await this.#read();
      for (const event of page.data) console.log(this.#isJson ? JSON.stringify(event) : this.#inWords(event));
      this.cursor = page.after;
      if (page.hasMore) continue;
      if (page.data.length === 0) await sleep(behindMs);
      await this.#handle.waitFor(page.head.revision + 1);
    }
  }

  async #read(): Promise<RestChanges> {
    for (;;) {
      try {
        return await this.#handle.read.changes({ after: this.cursor, limit: eventsPerPage });
      } catch (error) {
        if (!(error instanceof OrgError)) throw error;
        if (error.code !== 'unreachable' && error.code !== 'unavailable') throw new CliError(`The changes can’t be read: ${error.message}`);
        await sleep(retryMs);
      }
    }
  }

  #inWords({ type, timestamp, data }: Event): string {
    const { id: _, recordId, ...fields } = data;
    const event = { ...fields, type, ...(recordId !== undefined && { id: recordId }) } as unknown as ChangeEvent;
    return eventInWords(event, this.#handle.state, new Date(timestamp));
  }
}
