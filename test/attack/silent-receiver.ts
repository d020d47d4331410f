import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A receiver of webhooks that accepts all requests and never responds. */
export class SilentReceiver {
  /** Another address of loopback than those of the servers and the attacker. */
  readonly address = '127.0.0.3';
  readonly #server: Server = createServer((request) => request.resume());

  static start(): Promise<SilentReceiver> {
    const receiver = new SilentReceiver();
    return new Promise((resolve) => receiver.#server.listen(0, receiver.address, () => resolve(receiver)));
  }

  get url(): string {
    return `http://${this.address}:${(this.#server.address() as AddressInfo).port}/events`;
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}
