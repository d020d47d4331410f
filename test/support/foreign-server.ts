import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

/** A server outside of Rollcall, which counts what reaches it. */
export class ForeignServer {
  connections = 0;
  readonly requests: Pick<IncomingMessage, 'method' | 'url' | 'headers'>[] = [];
  readonly open = new Set<Socket>();
  readonly #server: Server;

  private constructor(respond: RequestListener, tls: ServerOptions | null) {
    const listener: RequestListener = (request, response) => {
      this.requests.push({ method: request.method!, url: request.url!, headers: request.headers });
      respond(request, response);
    };
    this.#server = tls ? createTlsServer(tls, listener) : createServer(listener);
    this.#server.on('connection', (socket: Socket) => {
      this.connections++;
      this.open.add(socket.once('close', () => this.open.delete(socket)).on('error', () => {}));
    });
  }

  /** Listens on all IPv4 addresses of the machine, so that any of 127.0.0.0/8 reaches it. */
  static async start(respond: RequestListener = (_request, response) => response.end('ok'), tls: ServerOptions | null = null) {
    const server = new ForeignServer(respond, tls);
    server.#server.listen(0, '0.0.0.0');
    await once(server.#server, 'listening');
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    this.#server.close();
    for (const socket of this.open) socket.destroy();
    await once(this.#server, 'close');
  }
}

export async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
