import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { Ajv } from 'ajv';
import { bodyOf, ForeignServer } from '../foreign-server.ts';
import { acceptedSchema, alertEventSchema, changeEventSchema, refusedSchema } from './pagerduty-schemas.ts';

const ajv = new Ajv({ strict: false, validateFormats: false });
const validate = {
  '/v2/enqueue': ajv.compile(alertEventSchema),
  '/v2/change/enqueue': ajv.compile(changeEventSchema),
} as const;
const isAccepted = ajv.compile(acceptedSchema);
const isRefused = ajv.compile(refusedSchema);

export interface ReceivedEvent {
  readonly path: keyof typeof validate;
  readonly body: {
    readonly routing_key: string;
    readonly event_action?: string;
    readonly dedup_key?: string;
    readonly payload: { readonly summary: string; readonly severity?: string; readonly source: string };
    readonly links: readonly { readonly href: string }[];
  };
}

/** The next responses: a status with an optional `Retry-After`, or a closed connection. */
export type Misbehaviour = { readonly status: number; readonly retryAfter?: number } | 'reset';

/** A stand-in for the Events API v2. It refuses what PagerDuty’s schemas do not describe. */
export class PagerDutyStandIn {
  readonly accepted: ReceivedEvent[] = [];
  /** The keys of services. Events with another key are refused, as those of a removed service. */
  readonly keys = new Set<string>();
  readonly next: Misbehaviour[] = [];
  #server!: ForeignServer;

  static async start(): Promise<PagerDutyStandIn> {
    const standIn = new PagerDutyStandIn();
    standIn.#server = await ForeignServer.start(async (request, response) =>
      standIn.#respond(request.url!, await bodyOf(request), response),
    );
    return standIn;
  }

  get url(): string {
    return this.#server.url;
  }

  /** The accepted alerts as `<action> <key>`. */
  get alerts(): string[] {
    return this.accepted.flatMap(({ path, body }) => (path === '/v2/enqueue' ? [`${body.event_action} ${body.dedup_key}`] : []));
  }

  /** The summaries of the accepted change events. */
  get changes(): string[] {
    return this.accepted.flatMap(({ path, body }) => (path === '/v2/change/enqueue' ? [body.payload.summary] : []));
  }

  #respond(path: string, text: string, response: ServerResponse): void {
    const misbehaviour = this.next.shift();
    if (misbehaviour === 'reset') return void response.destroy();
    const { status, body } = misbehaviour
      ? { status: misbehaviour.status, body: { status: 'error', message: 'Try again later.', errors: [] } }
      : this.#answer(path, text);
    assert.ok(status === 202 ? isAccepted(body) : isRefused(body), JSON.stringify(body));
    response.writeHead(status, {
      'Content-Type': 'application/json',
      ...(misbehaviour?.retryAfter === undefined ? {} : { 'Retry-After': String(misbehaviour.retryAfter) }),
    });
    response.end(JSON.stringify(body));
  }

  #answer(path: string, text: string): { status: number; body: object } {
    const refused = (...errors: string[]) => ({
      status: 400,
      body: { status: 'invalid event', message: 'Event object is invalid', errors },
    });
    if (!(path in validate)) return { status: 404, body: { status: 'Not Found', message: 'Not Found', errors: [] } };
    const known = path as keyof typeof validate;
    if (Buffer.byteLength(text) > 512 * 1024) return { status: 413, body: { status: 'too large', message: 'Too large', errors: [] } };
    const body: unknown = JSON.parse(text);
    if (!validate[known](body)) return refused(ajv.errorsText(validate[known].errors));
    const event: ReceivedEvent = { path: known, body: body as ReceivedEvent['body'] };
    if (!this.keys.has(event.body.routing_key)) return refused("'routing_key' is invalid");
    this.accepted.push(event);
    const dedup = event.body.dedup_key === undefined ? {} : { dedup_key: event.body.dedup_key };
    return { status: 202, body: { status: 'success', message: 'Event processed', ...dedup } };
  }

  async stop(): Promise<void> {
    await this.#server.stop();
  }
}
