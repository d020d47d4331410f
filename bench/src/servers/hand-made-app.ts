import { createServer } from 'node:http';
import { createAdapter } from '@socket.io/redis-adapter';
import express from 'express';
import pg from 'pg';
import { Server } from 'socket.io';
import { listenForBench } from './bare-server.ts';
import { connectRedisPair } from './redis-pair.ts';

/**
 * The app that most teams write: it saves the row and broadcasts it to the room. A new connection
 * receives all rows.
 */

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL! });
pool.on('error', () => {});
const { publisher, subscriber } = await connectRedisPair();

const app = express();
const server = createServer(app);
const io = new Server(server, { serveClient: false, adapter: createAdapter(publisher, subscriber) });

app.use(express.json());
app.put('/teams/:id', async (request, response) => {
  const { rows } = await pool.query('UPDATE teams SET name = $2 WHERE id = $1 RETURNING *', [request.params.id, request.body.name]);
  io.to('org').emit('change', rows[0]);
  response.json(rows[0]);
});

io.on('connection', async (socket) => {
  await socket.join('org');
  const { rows } = await pool.query('SELECT * FROM teams');
  socket.emit('state', rows);
});
listenForBench(server);
