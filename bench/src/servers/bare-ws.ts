import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import * as ws from 'ws';
import { createBareServer, listenForBench } from './bare-server.ts';
import { connectRedisPair } from './redis-pair.ts';

/**
 * The lower bound: each frame is built once and written to each connection. Delivering to each
 * connection can't be cheaper.
 */

/** `ws` exports its sender; its types leave it out. */
const { Sender } = ws as unknown as { Sender: { frame(data: Buffer, options: object): Buffer[] } };

const channel = 'changes';
const instanceId = randomUUID();
const connections = new Set<Duplex>();

function broadcast(json: string): void {
  const options = { readOnly: false, mask: false, rsv1: false, opcode: 1, fin: true };
  const frame = Buffer.concat(Sender.frame(Buffer.from(`42["change",${json}]`), options));
  for (const connection of connections) connection.write(frame);
}

const { publisher, subscriber } = await connectRedisPair();
await subscriber.subscribe(channel, (message) => {
  if (!message.startsWith(instanceId)) broadcast(message.slice(instanceId.length));
});

const server = createBareServer((team) => {
  const json = JSON.stringify(team);
  broadcast(json);
  void publisher.publish(channel, instanceId + json);
});
new ws.WebSocketServer({ server, perMessageDeflate: false }).on('connection', (socket, { socket: connection }) => {
  connections.add(connection);
  socket.on('error', () => {});
  socket.on('close', () => connections.delete(connection));
});
listenForBench(server);
