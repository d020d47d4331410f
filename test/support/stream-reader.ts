import assert from 'node:assert/strict';
import type { ChangeEvent, OrganizationHandle } from '../../client-sdk/src/index.ts';
import { EventStreamClient, type StreamEvent } from './event-stream.ts';
import { eventually } from './eventually.ts';
import type { Person, ProvisionedOrg } from './provision.ts';
import type { SeededRandom } from './seeds.ts';
import type { RequestOptions, TestResponse, TestServer } from './server.ts';

export function readChanges(server: TestServer, org: ProvisionedOrg, query: string, options: RequestOptions): Promise<TestResponse> {
  return server.request('GET', `/api/0/organizations/${org.slug}/changes/${query}`, options);
}

/** One caller, whose stream is cut at random, beside a replica of the SDK. */
export class StreamReader {
  readonly person: Person;
  readonly #org: ProvisionedOrg;
  readonly #servers: readonly TestServer[];
  readonly #random: SeededRandom;
  readonly #streamed: StreamEvent[] = [];
  readonly #replicated: ChangeEvent[] = [];
  replica!: OrganizationHandle;
  #stream: EventStreamClient | null = null;
  /** The cursor with which the events begin that are compared. */
  #first = '';
  /** The cursor with which the current stream began. */
  #start = '';

  constructor(person: Person, org: ProvisionedOrg, servers: readonly TestServer[], random: SeededRandom) {
    this.person = person;
    this.#org = org;
    this.#servers = servers;
    this.#random = random;
  }

  async begin(): Promise<void> {
    await this.#openFromSnapshot();
    this.replica.on('change', ({ events }) => this.#replicated.push(...events));
  }

  async #openFromSnapshot(): Promise<void> {
    const { body } = await readChanges(this.#random.pick(this.#servers), this.#org, 'snapshot/', { token: this.person.token });
    this.#start = body.after;
    this.#first = body.after;
    await this.#open(this.#start);
  }

  async #open(after: string): Promise<void> {
    const server = this.#random.pick(this.#servers);
    const headers = { 'Last-Event-ID': after };
    this.#stream = await EventStreamClient.open(server, this.#org.slug, 'changes/stream/', { token: this.person.token, headers });
    assert.equal(this.#stream.status, 200);
  }

  /** The rights changed: begins again with a snapshot. */
  async beginAgain(revision: number): Promise<void> {
    const { event, data } = await this.#stream!.ended();
    assert.deepEqual([event, data], ['access-changed', { revision }]);
    const headers = { 'Last-Event-ID': this.#stream!.cursor };
    const refused = await readChanges(this.#random.pick(this.#servers), this.#org, 'stream/', { token: this.person.token, headers });
    assert.deepEqual([refused.status, refused.body.detail.code], [409, 'cursor-of-another-view']);
    this.#streamed.length = 0;
    this.#replicated.length = 0;
    await this.#openFromSnapshot();
  }

  /** Disconnects at any moment, and continues from the last event on another instance. */
  async reconnect(): Promise<void> {
    const stream = this.#stream!;
    stream.close();
    this.#streamed.push(...stream.changes);
    await this.#open(stream.events.findLast(({ id }) => id)?.id ?? this.#start);
    this.#start = stream.events.findLast(({ id }) => id)?.id ?? this.#start;
  }

  /**
   * Resolves when all events up to the revision were received. The server closes a stream that is
   * far behind, which then continues from its last event.
   */
  reach(revision: number): Promise<void> {
    return eventually(
      async () => {
        if (this.#stream!.isClosed) await this.reconnect();
        if (this.#stream!.revision < revision) throw new Error(`the stream is at ${this.#stream!.revision}, not at ${revision}`);
        const all = [...this.#streamed, ...this.#stream!.changes].map(({ data }) => data.data);
        const last = all.at(-1);
        const received = all.filter((one) => one.revision === last?.revision).length;
        if (last && received < last.count)
          throw new Error(`the stream has ${received} of ${last.count} events of revision ${last.revision}`);
      },
      { timeoutMs: 20_000 },
    );
  }

  /** Compares the stream with the list and with the replica, and returns its events. */
  async assertSameEvents(): Promise<readonly StreamEvent['data'][]> {
    this.finish();
    const streamed = this.#streamed.map(({ data }) => data);
    assert.deepEqual(await this.#list(), streamed);
    assert.deepEqual(
      streamed.map(({ type, data: { before, after, revision } }) => ({ type, before, after, revision })),
      this.#replicated.map((event) => {
        const { type, before, after, revision } = event as ChangeEvent & { before?: unknown; after?: unknown };
        return { type: type as string, before, after, revision };
      }),
    );
    return streamed;
  }

  async #list(): Promise<object[]> {
    const listed: object[] = [];
    for (let after = this.#first; ; ) {
      const server = this.#random.pick(this.#servers);
      const { body } = await readChanges(server, this.#org, `?limit=500&after=${after}`, { token: this.person.token });
      listed.push(...body.data);
      if (!body.hasMore) return listed;
      after = body.after;
    }
  }

  finish(): void {
    this.#stream?.close();
    this.#streamed.push(...(this.#stream?.changes ?? []));
    this.#stream = null;
  }
}
