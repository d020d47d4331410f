import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Transforms the bytes of one connection. Each function returns the bytes to forward, in order. */
export interface StreamFilter {
  up?(chunk: Buffer): Buffer[];
  /** Null cuts the connection at this point. */
  down?(chunk: Buffer): Buffer[] | null;
  closed?(): void;
}

export interface TcpLinkOptions {
  /** The port to connect to, read at each connection. */
  target(): number;
  /** Inspects each connection. Without it, bytes pass uninspected. */
  inspect?(): StreamFilter;
}

/** The number of times per second at which a slow connection gets bytes. */
const writesPerSecond = 10;

/** A connection between two processes on loopback that can be cut, blocked and slowed down. */
export class TcpLink {
  readonly #server: Server;
  readonly #options: TcpLinkOptions;
  readonly #connections = new Set<Connection>();
  #opened: Promise<void> = Promise.resolve();
  #open: (() => void) | null = null;
  /** The speed towards the client. Null is unlimited. */
  bytesPerSecond: number | null = null;

  private constructor(server: Server, options: TcpLinkOptions) {
    this.#server = server;
    this.#options = options;
  }

  static async open(options: TcpLinkOptions): Promise<TcpLink> {
    const server = createServer({ noDelay: true });
    const link = new TcpLink(server, options);
    server.on('connection', (client) => link.#accept(client));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return link;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Stops forwarding without a sign: connections stay open, and new ones are accepted. */
  block(): void {
    if (this.#open) return;
    this.#opened = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  unblock(): void {
    this.#open?.();
    this.#open = null;
  }

  /** Resets every connection. Returns their number. */
  reset(): number {
    const count = this.#connections.size;
    for (const connection of this.#connections) connection.cut();
    return count;
  }

  async close(): Promise<void> {
    this.unblock();
    this.reset();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(client: Socket): void {
    const connection = new Connection(client, connect({ port: this.#options.target(), host: '127.0.0.1', noDelay: true }), {
      filter: this.#options.inspect?.() ?? {},
      whenOpen: () => this.#opened,
      bytesPerSecond: () => this.bytesPerSecond,
      closed: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
  }
}

interface ConnectionSettings {
  readonly filter: StreamFilter;
  whenOpen(): Promise<void>;
  bytesPerSecond(): number | null;
  closed(): void;
}

class Connection {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #settings: ConnectionSettings;

  constructor(client: Socket, server: Socket, settings: ConnectionSettings) {
    this.#client = client;
    this.#server = server;
    this.#settings = settings;
    // Errors appear as the end of the loops below.
    for (const socket of [client, server]) socket.on('error', () => {});
    client.once('close', () => server.destroy());
    server.once('close', () => {
      client.destroySoon();
      settings.filter.closed?.();
      settings.closed();
    });
    void this.#forward(client, server, (chunk) => settings.filter.up?.(chunk) ?? [chunk], false);
    void this.#forward(server, client, (chunk) => (settings.filter.down ? settings.filter.down(chunk) : [chunk]), true);
  }

  cut(): void {
    for (const socket of [this.#client, this.#server]) socket.resetAndDestroy();
  }

  async #forward(from: Socket, to: Socket, pass: (chunk: Buffer) => Buffer[] | null, isDown: boolean): Promise<void> {
    try {
      for await (const chunk of from) {
        const pieces = pass(chunk as Buffer);
        if (!pieces) return this.cut();
        for (const piece of pieces) await this.#write(to, piece, isDown);
      }
      to.end();
    } catch {
      this.cut();
    }
  }

  async #write(to: Socket, piece: Buffer, isDown: boolean): Promise<void> {
    await this.#settings.whenOpen();
    let start = 0;
    while (start < piece.length) {
      const slow = isDown ? this.#settings.bytesPerSecond() : null;
      const end = slow === null ? piece.length : Math.min(piece.length, start + Math.ceil(slow / writesPerSecond));
      await write(to, piece.subarray(start, end));
      start = end;
      if (slow !== null) await sleep(1_000 / writesPerSecond);
    }
  }
}

/** Resolves when the kernel has accepted the bytes, so that a slow reader slows the sender down. */
function write(to: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    to.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}
