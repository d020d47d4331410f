import { IncomingMessage, ServerResponse } from 'node:http';
import express, { type Express } from 'express';
import type { SecurityHeaders } from '../../runtime/security-headers.ts';

/** Observes all responses of a server: those of its app, of Socket.IO and of refusals. */
export interface ResponseObserver {
  /** Whether Node may receive the rest of a request's body that nothing has read. */
  mayDrain(request: IncomingMessage): boolean;
  /** Called before the headers are created. */
  starting(response: ServerResponse): void;
  /** Called after a part of the body was passed to Node. */
  sent(response: ServerResponse, bytes: number): void;
}

/** The classes of a server's requests and responses. */
export interface MessageClasses {
  readonly IncomingMessage: typeof IncomingMessage;
  readonly ServerResponse: typeof ServerResponse;
}

/** @param headers those of every response, until a route replaces or removes one */
export function observedMessages(observer: ResponseObserver, headers: SecurityHeaders): MessageClasses {
  const initial = Object.entries(headers);
  return {
    IncomingMessage: class extends IncomingMessage {
      /**
       * Node calls it for an unread body. It receives the rest of the body, to reach the next
       * request.
       */
      _dump(): void {
        if (observer.mayDrain(this)) dump.call(this);
      }
    },
    ServerResponse: class<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
      constructor(...received: ConstructorParameters<typeof ServerResponse<Request>>) {
        super(...received);
        for (const [name, value] of initial) this.setHeader(name, value);
      }

      override writeHead(...head: unknown[]): this {
        observer.starting(this);
        return (super.writeHead as (...head: unknown[]) => this).apply(this, head);
      }

      override write(...part: unknown[]): boolean {
        const isTaken = (super.write as (...part: unknown[]) => boolean).apply(this, part);
        observer.sent(this, bytesOf(part[0]));
        return isTaken;
      }

      override end(...part: unknown[]): this {
        (super.end as (...part: unknown[]) => this).apply(this, part);
        observer.sent(this, bytesOf(part[0]));
        return this;
      }
    },
  };
}

/** Node's types omit this method. */
const { _dump: dump } = IncomingMessage.prototype as unknown as { _dump(this: IncomingMessage): void };

/** Approximate for strings, in which most characters have one byte. */
function bytesOf(part: unknown): number {
  return typeof part === 'string' || part instanceof Uint8Array ? part.length : 0;
}

/**
 * Creates an Express app for a server with these classes. Express sets the prototype of each
 * request and response to that of its app. Here they already have it: the app's prototypes are
 * those of the classes, and inherit from Express's. V8 can't share hidden classes between objects
 * whose prototype was changed, which slows down everything that reads them (docs/adr/0044). Apps
 * that are mounted in this one inherit the overrides too.
 */
export function appWith(classes: MessageClasses): Express {
  const app = express();
  app.request = Object.setPrototypeOf(classes.IncomingMessage.prototype, app.request);
  app.response = Object.setPrototypeOf(classes.ServerResponse.prototype, app.response);
  return app;
}
