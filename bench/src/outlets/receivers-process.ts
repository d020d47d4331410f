import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerCalls } from '../subscribers/calls.ts';

/** One process with the receivers of all webhooks, each on a port of its own. */

let received = 0;

const methods = {
  /** Returns their URLs. */
  async listen(count: number): Promise<string[]> {
    return Promise.all(Array.from({ length: count }, listenOnce));
  },
  /** The number of deliveries to all receivers so far. */
  async count(): Promise<number> {
    return received;
  },
};

async function listenOnce(): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      received++;
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

export type ReceiverMethods = typeof methods;

answerCalls(methods);
