import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import express, { type Express } from 'express';
import { listen } from '../../../server/src/http/listen.ts';
import { limitsWith } from '../../support/limits.ts';
import { skipBecause } from '../../support/skip.ts';

/** After these requests, the hidden classes are those of a server that has been running. */
const warmUps = 20;

type Message = IncomingMessage | ServerResponse;

/** V8 has this function only for tests. */
function shareHiddenClass(a: Message, b: Message): boolean {
  setFlagsFromString('--allow-natives-syntax');
  return new Function('a', 'b', 'return %HaveSameMap(a, b)')(a, b) as boolean;
}

describe('The hidden classes of requests and responses', () => {
  let server: Server;
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  /** Compares two requests, and their responses, that are handled at the same time. */
  async function compareTwo(app: Express, url: string): Promise<{ requests: boolean; responses: boolean }> {
    let holdsBack = false;
    let held: [IncomingMessage, ServerResponse] | null = null;
    let compared = null;
    app.get('/', (request, response) => {
      if (!holdsBack) return void response.json({});
      if (!held) {
        held = [request, response];
        return;
      }
      compared = { requests: shareHiddenClass(request, held[0]), responses: shareHiddenClass(response, held[1]) };
      held[1].end();
      response.end();
    });
    for (let n = 0; n < warmUps; n++) await (await fetch(url)).text();
    holdsBack = true;
    await Promise.all([fetch(url), fetch(url)]);
    return compared!;
  }

  it('do not differ between requests, nor between responses', async () => {
    const listening = await listen('127.0.0.1', 0, limitsWith(), {});
    server = listening.server;
    const app = listening.newApp();
    listening.answerBy(app, () => {});
    assert.deepEqual(await compareTwo(app, listening.url), { requests: true, responses: true });
  });

  it('differ for each request of a server that Express is given', async function () {
    // When Node 22 is no longer supported, our prototypes can go.
    if (Number.parseInt(process.versions.node, 10) >= 24) skipBecause(this, 'since Node 24, V8 shares them there too');
    const app = express();
    server = createServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { requests } = await compareTwo(app, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    assert.ok(!requests, 'Express no longer changes prototypes: remove our prototypes from the app');
  });
});
