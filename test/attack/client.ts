import http from 'node:http';
import net from 'node:net';
import { WebSocket } from 'ws';
import { attackerAddress, type Target } from './attack.ts';

const agent = new http.Agent({ keepAlive: true, localAddress: attackerAddress, maxSockets: 200 });

/** The number of pending responses for which an attacker waits. */
const pendingMax = 400;
let pending = 0;

let sends = 0;
const nextPort = ({ ports }: Target): number => ports[sends++ % ports.length]!;

export interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | number>>;
  readonly body?: Buffer | string;
}

/**
 * Sends a request and reads the response, without waiting for it unless too many are pending. The
 * server may let it fail.
 */
export async function send(target: Target, sent: Sent): Promise<void> {
  pending++;
  const ended = exchange(target, sent).finally(() => {
    pending--;
  });
  if (pending >= pendingMax) await ended;
}

export interface Exchanged {
  readonly headers: http.IncomingHttpHeaders;
  /** The first bytes of the body. */
  readonly text: string;
}

const textBytesMax = 4_096;

/** Sends a request and waits for the end of the response. Null if it fails. */
export function exchange(target: Target, { method, path, headers = {}, body }: Sent): Promise<Exchanged | null> {
  return new Promise((resolve) => {
    const port = nextPort(target);
    const request = http.request({ host: '127.0.0.1', port, method, path, headers, agent, timeout: 10_000 }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        if (text.length < textBytesMax) text += chunk.toString('latin1', 0, textBytesMax);
      });
      response.on('error', () => {}).on('close', () => resolve({ headers: response.headers, text }));
    });
    request.on('error', () => resolve(null)).on('timeout', () => request.destroy());
    request.end(body);
  });
}

export const json = (value: object): Pick<Sent, 'headers' | 'body'> => ({
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(value),
});

export const form = (fields: Readonly<Record<string, string>>): Pick<Sent, 'headers' | 'body'> => ({
  headers: formType,
  body: new URLSearchParams(fields).toString(),
});

export const formType = { 'Content-Type': 'application/x-www-form-urlencoded' };

/** A raw connection whose responses are read or left in the kernel's buffers. */
export function connect(target: Target, { reads = true } = {}): Promise<net.Socket> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: '127.0.0.1', port: nextPort(target), localAddress: attackerAddress });
    socket.on('error', () => resolve(socket)).once('connect', () => resolve(socket));
    if (reads) socket.resume();
    else socket.pause();
  });
}

/** A transport of Socket.IO, open or refused. */
export function openTransport(target: Target): Promise<WebSocket> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${nextPort(target)}/socket.io/?EIO=4&transport=websocket`, {
      localAddress: attackerAddress,
    });
    socket.on('error', () => resolve(socket)).once('open', () => resolve(socket));
    // Engine.IO closes a connection that doesn't respond to its pings.
    socket.on('message', (data) => {
      if (String(data) === '2' && socket.readyState === WebSocket.OPEN) socket.send('3');
    });
  });
}
