import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { bodyOf, ForeignServer } from '../foreign-server.ts';

const { schema } = JSON.parse(readFileSync(new URL('card-schema.json', import.meta.url), 'utf8')) as { readonly schema: object };
const ajv = new Ajv2019({ strict: false, validateFormats: false });
const isCard = ajv.compile(schema);
/** The message that the template “Send webhook alerts to a channel” of Teams expects. */
const isMessage = ajv.compile({
  type: 'object',
  required: ['type', 'attachments'],
  properties: {
    type: { const: 'message' },
    attachments: {
      type: 'array',
      minItems: 1,
      maxItems: 1,
      items: {
        type: 'object',
        required: ['contentType', 'content'],
        properties: {
          contentType: { const: 'application/vnd.microsoft.card.adaptive' },
          contentUrl: { type: 'null' },
          content: { type: 'object' },
        },
        additionalProperties: false,
      },
    },
  },
  additionalProperties: false,
});
const messageBytesMax = 28 * 1_024;

export interface PostedCard {
  readonly body: readonly { readonly text: string }[];
  readonly actions: readonly { readonly url: string }[];
}

/** The next responses in place of those of a workflow. */
export interface TeamsMisbehaviour {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly code?: string;
  /** Whether the error quotes the URL that was called. */
  readonly quotesUrl?: boolean;
}

/** A stand-in for workflows of Teams. It refuses cards that the published schema refuses. */
export class TeamsStandIn {
  readonly cards: PostedCard[] = [];
  /** The signatures of the workflows, by id. */
  readonly workflows = new Map<string, string>();
  readonly next: TeamsMisbehaviour[] = [];
  #server!: ForeignServer;

  static async start(): Promise<TeamsStandIn> {
    const standIn = new TeamsStandIn();
    standIn.#server = await ForeignServer.start(async (request, response) => standIn.#respond(request, await bodyOf(request), response));
    return standIn;
  }

  get requestCount(): number {
    return this.#server.requests.length;
  }

  /** Adds a workflow, and returns the URL of its webhook. */
  addWorkflow(id: string, signature = `s-${id}+/=`): string {
    this.workflows.set(id, signature);
    return this.urlOf(id, signature);
  }

  urlOf(id: string, signature: string): string {
    const query = new URLSearchParams({ 'api-version': '1', sp: '/triggers/manual/run', sv: '1.0', sig: signature });
    return `${this.#server.url}/powerautomate/automations/direct/workflows/${id}/triggers/manual/paths/invoke?${query}`;
  }

  async stop(): Promise<void> {
    await this.#server.stop();
  }

  #respond(request: IncomingMessage, text: string, response: ServerResponse): void {
    const misbehaviour = this.next.shift();
    const { status, headers, code, quotesUrl } = misbehaviour ?? this.#answer(request, text);
    const message = quotesUrl ? `The request to ${decodeURIComponent(request.url!)} (${request.url}) failed.` : 'See the code.';
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
    response.end(code === undefined ? '' : JSON.stringify({ error: { code, message } }));
  }

  #answer({ method, url, headers }: IncomingMessage, text: string): TeamsMisbehaviour {
    const { pathname, searchParams } = new URL(url!, this.#server.url);
    const [, id] =
      /^\/powerautomate\/automations\/direct\/workflows\/([^/]+)\/triggers\/manual\/paths\/invoke$/.exec(decodeURIComponent(pathname)) ??
      [];
    if (method !== 'POST' || id === undefined || !this.workflows.has(id)) return { status: 404, code: 'WorkflowNotFound' };
    if (searchParams.get('sig') !== this.workflows.get(id)) return { status: 401, code: 'DirectApiAuthorizationRequired', quotesUrl: true };
    if (headers['content-type'] !== 'application/json') return { status: 400, code: 'InvalidRequestContent' };
    if (Buffer.byteLength(text) > messageBytesMax) return { status: 413, code: 'RequestEntityTooLarge' };
    const message: unknown = JSON.parse(text);
    if (!isMessage(message)) return { status: 400, code: ajv.errorsText(isMessage.errors) };
    const { content } = (message as { attachments: [{ content: PostedCard }] }).attachments[0];
    if (!isCard(content)) return { status: 400, code: ajv.errorsText(isCard.errors) };
    this.cards.push(content);
    return { status: 202 };
  }
}
