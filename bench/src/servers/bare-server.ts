import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * The shared part of the two minimal servers: the smallest HTTP server that accepts
 * `PUT /teams/<id>` and forwards the record.
 */

export interface TeamShape {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly dateCreated: string;
  readonly flags: Readonly<Record<string, boolean>>;
}

export function createBareServer(publish: (team: TeamShape) => void): Server {
  return createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      const id = request.url!.slice('/teams/'.length);
      const { name } = JSON.parse(body) as { name: string };
      publish({ id, slug: `team-${id}`, name, dateCreated: '2026-01-01T00:00:00.000000Z', flags: { 'idp:provisioned': false } });
      response.end('{}');
    });
  });
}

/** Sends the port to the benchmark, and exits with it. */
export function listenForBench(server: Server): void {
  process.on('disconnect', () => process.exit());
  server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port));
}
