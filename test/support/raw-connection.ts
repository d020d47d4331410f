import net from 'node:net';
import { eventually } from './eventually.ts';

/** A connection that sends bytes as they are, and whose client need not read. */
export interface RawConnection {
  readonly socket: net.Socket;
  /** Everything received so far. */
  readonly received: () => string;
  readonly isClosed: () => boolean;
  /** Waits until the received text matches. */
  receives(pattern: RegExp, timeoutMs?: number): Promise<string>;
  closes(timeoutMs?: number): Promise<void>;
}

/** @param localAddress the client's address as the server sees it, such as 127.0.0.2 */
export async function openRaw(url: string, localAddress = '127.0.0.1'): Promise<RawConnection> {
  const socket = net.connect({ port: Number(new URL(url).port), host: '127.0.0.1', localAddress });
  let text = '';
  let closed = false;
  socket.on('error', () => {});
  socket.on('close', () => {
    closed = true;
  });
  socket.setEncoding('latin1').on('data', (part) => {
    text += part;
  });
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return {
    socket,
    received: () => text,
    isClosed: () => closed,
    async receives(pattern, timeoutMs = 10_000) {
      await eventually(
        () => {
          if (!pattern.test(text)) throw new Error(`waiting for ${pattern}, received ${JSON.stringify(text.slice(0, 500))}`);
        },
        { timeoutMs },
      );
      return text;
    },
    closes: (timeoutMs = 10_000) =>
      eventually(
        () => {
          if (!closed) throw new Error('the connection is still open');
        },
        { timeoutMs },
      ),
  };
}

export interface RawHead {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The head of a request. */
export function headOf({ method = 'GET', path, headers = {} }: RawHead): string {
  const lines = Object.entries({ Host: 'localhost', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}
