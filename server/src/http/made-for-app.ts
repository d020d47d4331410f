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

/** Of one server, and of the one app that answers its requests. */
export function messageClasses(): MessageClasses {
  return {
    IncomingMessage: class extends IncomingMessage {},
    ServerResponse: class<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {},
  };
}

/** From now on what these classes make has all that the app gives to requests and responses. */
export function makeForApp(classes: MessageClasses, app: Express): void {
  app.request = Object.setPrototypeOf(classes.IncomingMessage.prototype, app.request);
  app.response = Object.setPrototypeOf(classes.ServerResponse.prototype, app.response);
}
