import { randomBytes } from 'node:crypto';
import { WebSocket } from 'ws';
import type { Attack, Target } from '../attack.ts';
import { openTransport, send } from '../client.ts';
import type { TokenBucket } from '../token-bucket.ts';

/** Attacks on Socket.IO. */

const connectPacket = (token: string) => `40${JSON.stringify({ token, v: 1 })}`;
const guess = () => connectPacket(`sntryu_${randomBytes(32).toString('hex')}`);

/** Sends packets over this number of transports in rotation. Closed transports are opened again. */
async function overTransports(
  target: Target,
  bucket: TokenBucket,
  count: number,
  packet: (isNew: boolean, number: number) => string,
): Promise<void> {
  const transports: WebSocket[] = [];
  for (let number = 0; ; number++) {
    await bucket.take(300);
    const index = number % count;
    const isNew = transports[index]?.readyState !== WebSocket.OPEN;
    if (isNew) transports[index] = await openTransport(target);
    const transport = transports[index]!;
    if (transport.readyState === WebSocket.OPEN) transport.send(packet(isNew, number));
  }
}

export const sockets: readonly Attack[] = [
  {
    name: 'connects',
    says: 'repeated CONNECT packets on one WebSocket',
    run: (target, bucket) => overTransports(target, bucket, 1, guess),
  },
  {
    name: 'socket-guesses',
    says: 'made-up tokens over a hundred WebSockets',
    run: (target, bucket) => overTransports(target, bucket, 100, guess),
  },
  {
    name: 'polling-handshakes',
    says: 'handshakes by polling that are never completed',
    async run(target, bucket) {
      for (;;) {
        await bucket.take();
        await send(target, { method: 'GET', path: '/socket.io/?EIO=4&transport=polling' });
      }
    },
  },
  {
    name: 'idle-transports',
    says: 'WebSockets that never authenticate',
    async run(target, bucket) {
      for (;;) {
        await bucket.take();
        await openTransport(target);
      }
    },
  },
  {
    name: 'subscribes',
    says: 'an account without an organization that subscribes to organizations of others',
    run: (target, bucket) =>
      overTransports(target, bucket, 20, (isNew, number) =>
        isNew ? connectPacket(target.account.token) : `42${number}["subscribe",{"org":"${number % 2 ? target.slug : `none-${number}`}"}]`,
      ),
  },
];
