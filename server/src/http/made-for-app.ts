import { IncomingMessage, ServerResponse } from 'node:http';
import type { Express } from 'express';

/**
 * Express gives each request and response that it takes its own prototype. V8 then keeps a hidden class for each of them alone:
 * nothing that reads their fields is ever fast, and each leaves garbage that only a full collection finds. Here they are made
 * with that prototype, and Express has nothing left to change.
 */
export interface MessageClasses {
  readonly IncomingMessage: typeof IncomingMessage;
  readonly ServerResponse: typeof ServerResponse;
}

/** What happens to a response. */
export interface ResponseWatch {
  /** Whether what is left of a request's body is to be received, although nobody reads it. */
  takesRest(request: IncomingMessage): boolean;
  /** Before its headers are made. */
  starting(response: ServerResponse): void;
  /** After a part of its body was handed to node. */
  sent(response: ServerResponse, bytes: number): void;
}

/** Of one server, and of the one app that answers its requests. */
export function messageClasses(watch: ResponseWatch): MessageClasses {
  return {
    IncomingMessage: class extends IncomingMessage {
      /** Node calls it for a body that the app has not read: it takes the rest, however much that is, to come to the next request. */
      _dump(): void {
        if (watch.takesRest(this)) dump.call(this);
      }
    },
    ServerResponse: class<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
      override writeHead(...head: unknown[]): this {
        watch.starting(this);
        return (super.writeHead as (...head: unknown[]) => this).apply(this, head);
      }

      override write(...part: unknown[]): boolean {
        const isTaken = (super.write as (...part: unknown[]) => boolean).apply(this, part);
        watch.sent(this, bytesOf(part[0]));
        return isTaken;
      }

      override end(...part: unknown[]): this {
        (super.end as (...part: unknown[]) => this).apply(this, part);
        watch.sent(this, bytesOf(part[0]));
        return this;
      }
    },
  };
}

/** No type tells of it. */
const { _dump: dump } = IncomingMessage.prototype as unknown as { _dump(this: IncomingMessage): void };

/** Close enough for a text, whose characters seldom have more bytes than one. */
function bytesOf(part: unknown): number {
  return typeof part === 'string' || part instanceof Uint8Array ? part.length : 0;
}

/** From now on what these classes make has all that the app gives to requests and responses. */
export function makeForApp(classes: MessageClasses, app: Express): void {
  app.request = Object.setPrototypeOf(classes.IncomingMessage.prototype, app.request);
  app.response = Object.setPrototypeOf(classes.ServerResponse.prototype, app.response);
}
