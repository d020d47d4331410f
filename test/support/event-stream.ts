import http from 'node:http';
import { createParser } from 'eventsource-parser';
import { eventually } from './eventually.ts';
import { isEventStream } from './is-event-stream.ts';
import type { RequestOptions, TestServer } from './server.ts';

/** A client of the stream of changes, with a parser of its own. */

export interface StreamEvent {
  readonly id: string | undefined;
  readonly event: string;
  // biome-ignore lint/suspicious/noExplicitAny: each event has a shape, which the test asserts
  readonly data: any;
}

export class EventStreamClient {
  readonly events: StreamEvent[] = [];
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  retryMs: number | null = null;
  isClosed = false;
  readonly #request: http.ClientRequest;
  readonly #response: http.IncomingMessage;

  private constructor(request: http.ClientRequest, response: http.IncomingMessage) {
    this.#request = request;
    this.#response = response;
    this.status = response.statusCode!;
    this.headers = response.headers;
  }

  /** @param path below the organization, for example `changes/stream/?after=floor` */
  static open(
    server: Pick<TestServer, 'url'>,
    org: string,
    path: string,
    { token, cookie, headers = {} }: RequestOptions,
  ): Promise<EventStreamClient> {
    return new Promise((resolve, reject) => {
      const request = http.get(`${server.url}/api/0/organizations/${org}/${path}`, {
        agent: false,
        headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...(cookie ? { cookie } : {}), ...headers },
      });
      request.on('error', reject);
      request.on('response', (response) => {
        const client = new EventStreamClient(request, response);
        client.#listen();
        resolve(client);
      });
    });
  }

  #listen(): void {
    const parser = createParser({
      onEvent: ({ id, event = 'message', data }) => this.events.push({ id, event, data: JSON.parse(data) }),
      onRetry: (ms) => {
        this.retryMs = ms;
      },
    });
    this.#response.setEncoding('utf8');
    if (isEventStream(this.headers['content-type'])) this.#response.on('data', (text: string) => parser.feed(text));
    else this.#response.resume();
    this.#response.on('error', () => {});
    this.#response.on('close', () => {
      this.isClosed = true;
    });
  }

  /** The events of the organization, without those about the stream. */
  get changes(): StreamEvent[] {
    const own = new Set(['offset', 'revoked', 'access-changed', 'goodbye']);
    return this.events.filter(({ event }) => !own.has(event));
  }

  /** The last cursor that was received. */
  get cursor(): string {
    return this.events.findLast(({ id }) => id !== undefined)!.id!;
  }

  /** The revision that everything received reaches. */
  get revision(): number {
    const last = this.events.findLast(({ event }) => event === 'offset' || event.includes('.'));
    return last ? (last.data.revision ?? last.data.data.revision) : 0;
  }

  reach(revision: number): Promise<void> {
    return eventually(() => {
      if (this.revision < revision) throw new Error(`the stream is at ${this.revision}, not at ${revision}`);
    });
  }

  /** Resolves with the last event once the server has closed the stream. */
  async ended(): Promise<StreamEvent> {
    await eventually(() => {
      if (!this.isClosed) throw new Error('the stream is open');
    });
    return this.events.at(-1)!;
  }

  /** Stops reading, so that the server's bytes stay unsent. */
  pause(): void {
    this.#response.pause();
  }

  close(): void {
    this.#request.destroy();
  }
}
