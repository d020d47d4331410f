import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { bodyOf, ForeignServer } from './foreign-server.ts';

export interface ReceivedWebhook {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A receiver as an integrator would write it, which gets webhooks over HTTP. */
export class WebhookReceiver {
  readonly received: ReceivedWebhook[] = [];
  respond: (received: ReceivedWebhook, response: ServerResponse) => void = (_received, response) => response.end('thanks');
  #server!: ForeignServer;

  static async start(): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver();
    receiver.#server = await ForeignServer.start(async (request, response) => {
      const received = { url: request.url!, headers: request.headers, body: await bodyOf(request) };
      receiver.received.push(received);
      receiver.respond(received, response);
    });
    return receiver;
  }

  get port(): number {
    return this.#server.port;
  }

  get url(): string {
    return `${this.#server.url}/events`;
  }

  get types(): string[] {
    return this.received.map(({ body }) => JSON.parse(body).type);
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }
}
