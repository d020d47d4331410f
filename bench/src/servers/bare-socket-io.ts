import { createAdapter } from '@socket.io/redis-adapter';
import { Server } from 'socket.io';
import { createBareServer, listenForBench } from './bare-server.ts';
import { connectRedisPair } from './redis-pair.ts';

/** Socket.IO's own room broadcast over its Redis adapter, with nothing around it. */

const { publisher, subscriber } = await connectRedisPair();
const server = createBareServer((team) => io.to('org').emit('change', team));
const io = new Server(server, { serveClient: false, adapter: createAdapter(publisher, subscriber) });
io.on('connection', (socket) => void socket.join('org'));
listenForBench(server);
