import { connect } from 'node:net';

/**
 * Sends one command over a connection of its own, without a client library, and gives the answer as text: enough to
 * start servers, and for tests that must not trust a client library. Arrays are not understood.
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
    socket.setTimeout(1_000, () => finish(() => reject(new Error(`no answer to ${words.join(' ')} within 1 s`))));
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

/** Undefined as long as the answer is not whole. A bulk string's length counts bytes: these answers are all ASCII. */
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
