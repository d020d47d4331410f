import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import express, { type Express } from 'express';
import { listen } from '../../../server/src/http/listen.ts';
import { limitsWith } from '../../support/traffic.ts';

/** Requests before, so that the hidden classes are those of a server that has been running. */
const warmUps = 20;

type Shaped = IncomingMessage | ServerResponse;

/** V8's own answer, for which it has no function outside of its tests. */
function shareHiddenClass(a: Shaped, b: Shaped): boolean {
  setFlagsFromString('--allow-natives-syntax');
  return new Function('a', 'b', 'return %HaveSameMap(a, b)')(a, b) as boolean;
}

describe('what Express is given', () => {
  let server: Server;
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  /** Of two requests that are under way together, once both have all that Express gives them. */
  async function compareTwo(app: Express, url: string): Promise<{ requests: boolean; responses: boolean }> {
    let areHeld = false;
    let held: [IncomingMessage, ServerResponse] | null = null;
    let compared = null;
    app.get('/', (request, response) => {
      if (!areHeld) return void response.json({});
      if (!held) {
        held = [request, response];
        return;
      }
      compared = { requests: shareHiddenClass(request, held[0]), responses: shareHiddenClass(response, held[1]) };
      held[1].end();
      response.end();
    });
    for (let n = 0; n < warmUps; n++) await (await fetch(url)).text();
    areHeld = true;
    await Promise.all([fetch(url), fetch(url)]);
    return compared!;
  }

  it('has one hidden class for all requests and one for all responses', async () => {
    const app = express();
    const listening = await listen('127.0.0.1', 0, limitsWith());
    server = listening.server;
    listening.answerBy(app);
    assert.deepEqual(await compareTwo(app, listening.url), { requests: true, responses: true });
  });

  it('would have one for each request on a server of its own', async () => {
    const app = express();
    server = createServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { requests } = await compareTwo(app, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    assert.ok(!requests, 'Express does without our classes now: leave them out');
  });
});
