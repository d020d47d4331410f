import net from 'node:net';
import type { SeededRandom } from '../support/seeds.ts';

/**
 * Bytes that no HTTP client can be made to send. The connection ends with the last byte sent, as
 * far as the sender is concerned.
 */
const good = (path = '/api/0/organizations/') => `GET ${path} HTTP/1.1\r\nHost: x\r\n`;
const post = 'POST /api/0/auth/login/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';

const rawRequests: readonly string[] = [
  'GET / HTTP/9.9\r\nHost: x\r\n\r\n',
  'FOO BAR BAZ\r\n\r\n',
  'BREW /api/0/ HTTP/1.1\r\nHost: x\r\n\r\n',
  'get /api/0/ HTTP/1.1\r\nHost: x\r\n\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003',
  'SSH-2.0-OpenSSH_9.6\r\n',
  'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n',
  'GET /api/0/organizations/ HTTP/1.1\r\n\r\n',
  `${good()}Expect: 200-maybe\r\n\r\n`,
  `${good()}Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n`,
  `${good('/api/0/')}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
  `${good()}Bad Header\r\n\r\n`,
  `${good()}Bad\u0000Name: x\r\n\r\n`,
  `${good()}X: a\u0000b\r\n\r\n`,
  `${good()}: x\r\n\r\n`,
  `${good()}X: ${'y'.repeat(20_000)}\r\n\r\n`,
  `${good(`/api/0/${'a'.repeat(20_000)}/`)}\r\n`,
  `${good(`/api/0/organizations/?query=${'a'.repeat(20_000)}`)}\r\n`,
  `${good()}${'X: y\r\n'.repeat(4_000)}\r\n`,
  good('http://127.0.0.1:99999/api/0/organizations/').concat('\r\n'),
  good('http://[::/api/0/organizations/').concat('\r\n'),
  good('/api/0/a b/').concat('\r\n'),
  good('/api/0/\u00ff\u00fe/').concat('\r\n'),
  good('*').concat('\r\n'),
  `${post}Content-Length: abc\r\n\r\n{}`,
  `${post}Content-Length: -1\r\n\r\n{}`,
  `${post}Content-Length: 99999999999999999999\r\n\r\n{}`,
  `${post}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
  `${post}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  `${post}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}`,
  `${post}Transfer-Encoding: chunked\r\n\r\n-1\r\n{}\r\n0\r\n\r\n`,
  `${post}Transfer-Encoding: chunked\r\n\r\n2\r\n{}BAD\r\n`,
  `${post}Transfer-Encoding: chunked\r\n\r\n2;${'e'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`,
  `${post}Transfer-Encoding: gzip, chunked, magic\r\n\r\n{}`,
  `${post}Content-Length: 100\r\n\r\n{"username":`,
  post,
  'GET /api',
  'G',
];

/** A body that is too large is rejected before it is read in full. */
const hugeBody = `${post}Content-Length: 1200000\r\n\r\n`;

export interface RawAnswer {
  readonly sent: string;
  readonly status: number;
  readonly type: string | null;
  readonly text: string;
}

export async function sendRaw(port: number, number: number, random: SeededRandom): Promise<RawAnswer> {
  const isHuge = random.chance(0.01);
  const sent = isHuge ? hugeBody : rawRequests[number % rawRequests.length]!;
  const received = await exchange(
    port,
    isHuge ? Buffer.concat([Buffer.from(sent), Buffer.alloc(1_200_000, '1')]) : Buffer.from(sent, 'latin1'),
  );
  return { sent: sent.slice(0, 120), ...parse(received, sent) };
}

/**
 * All bytes received until the server closes the connection. A reset after a response does not
 * discard the response.
 */
function exchange(port: number, bytes: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: '127.0.0.1' }, () => socket.end(bytes));
    let received = '';
    const hung = setTimeout(() => {
      reject(new Error(`the connection did not end after 8 s: ${bytes.subarray(0, 80).toString('latin1')}`));
      socket.destroy();
    }, 8_000);
    socket.setEncoding('latin1').on('data', (text) => {
      received += text;
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(hung);
      resolve(received);
    });
  });
}

function parse(received: string, sent: string): Omit<RawAnswer, 'sent'> {
  const end = received.indexOf('\r\n\r\n');
  const [first = '', ...lines] = received.slice(0, end).split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1]);
  if (end < 0 || Number.isNaN(status))
    throw new Error(`the response to ${JSON.stringify(sent.slice(0, 120))} was ${JSON.stringify(received.slice(0, 200))}`);
  const headers = new Headers(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    }),
  );
  return { status, type: headers.get('content-type'), text: received.slice(end + 4) };
}
