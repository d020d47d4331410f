import http from 'node:http';
import { type ClientOptions, WebSocket } from 'ws';

/** Clients that speak Engine.IO packet by packet, as no library does. */

export interface PollResponse {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: string;
}

/** Keeps as many connections as there are concurrent requests. */
const agent = new http.Agent({ keepAlive: true });

/** One request to Socket.IO. `query` does not contain EIO. */
export function poll(
  url: string,
  query: string,
  { from = '127.0.0.1', method = 'GET', body = '', headers = {} } = {},
): Promise<PollResponse> {
  return new Promise((resolve, reject) => {
    const request = http.request(`${url}/socket.io/?EIO=4&${query}`, { method, localAddress: from, agent, headers }, (response) => {
      let text = '';
      response
        .setEncoding('utf8')
        .on('data', (chunk: string) => {
          text += chunk;
        })
        .on('end', () => resolve({ status: response.statusCode!, retryAfter: response.headers['retry-after'], body: text }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** The session id of a polling connection. Null if the connection is rejected. */
export async function openPolling(url: string, from?: string): Promise<string | null> {
  const { status, body } = await poll(url, 'transport=polling', from === undefined ? {} : { from });
  return status === 200 ? (JSON.parse(body.slice(1)) as { sid: string }).sid : null;
}

/** A WebSocket and the data that it received. */
export class RawSocket {
  readonly webSocket: WebSocket;
  readonly received: string[] = [];
  /** The status of the response that rejected the connection. */
  status: number | null = null;
  retryAfter: string | undefined;
  isOver = false;

  constructor(url: string, { query = '', ...options }: ClientOptions & { query?: string } = {}) {
    this.webSocket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket${query}`, {
      localAddress: '127.0.0.1',
      ...options,
    } as ClientOptions);
    this.webSocket.on('error', () => {});
    this.webSocket.on('message', (data) => this.received.push(String(data)));
    this.webSocket.on('unexpected-response', (_, response) => {
      this.status = response.statusCode ?? null;
      this.retryAfter = response.headers['retry-after'];
      this.webSocket.terminate();
    });
    this.webSocket.on('close', () => {
      this.isOver = true;
    });
  }

  /** Resolves to whether the connection was accepted. */
  async opened(): Promise<boolean> {
    const { webSocket } = this;
    if (webSocket.readyState === WebSocket.CONNECTING) {
      await new Promise<unknown>((resolve) => webSocket.once('open', resolve).once('close', resolve));
    }
    return webSocket.readyState === WebSocket.OPEN;
  }

  async closed(): Promise<void> {
    if (!this.isOver) await new Promise((resolve) => this.webSocket.once('close', resolve));
  }

  send(...packets: readonly (string | Buffer)[]): void {
    for (const packet of packets) if (this.webSocket.readyState === WebSocket.OPEN) this.webSocket.send(packet);
  }

  connect(token: string): void {
    this.send(`40${JSON.stringify({ token, v: 1 })}`);
  }

  close(): void {
    this.webSocket.terminate();
  }
}
