import { connect } from 'node:net';

/**
 * Sends one command over a new connection, without a client library, and returns the response as
 * text. That is enough to start servers, and for tests that must not trust a client library. It
 * doesn't parse arrays.
 */
export function redisCommand(port: number, ...words: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let received = '';
    const finish = (settle: () => void) => {
      settle();
      socket.destroy();
    };
    socket.setEncoding('utf8');
    socket.setTimeout(1_000, () => finish(() => reject(new Error(`no response to ${words.join(' ')} within 1 s`))));
    socket.on('error', (error) => finish(() => reject(error)));
    socket.on('close', () => reject(new Error('the connection was closed')));
    socket.on('connect', () => {
      socket.write(`*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`);
    });
    socket.on('data', (chunk) => {
      received += chunk;
      const answer = parse(received);
      if (answer instanceof Error) finish(() => reject(answer));
      else if (answer !== undefined) finish(() => resolve(answer));
    });
  });
}

/**
 * Undefined while the response is incomplete. The length of a bulk string counts bytes, and these
 * responses are all ASCII.
 */
function parse(received: string): string | Error | undefined {
  const endOfLine = received.indexOf('\r\n');
  if (endOfLine === -1) return undefined;
  const line = received.slice(1, endOfLine);
  if (received.startsWith('-')) return new Error(line);
  if (!received.startsWith('$')) return line;
  const length = Number(line);
  if (length === -1) return '';
  const start = endOfLine + 2;
  return received.length >= start + length + 2 ? received.slice(start, start + length) : undefined;
}
