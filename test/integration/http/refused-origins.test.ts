import assert from 'node:assert/strict';
import { pino } from 'pino';
import WebSocket from 'ws';
import { eventually } from '../../support/eventually.ts';
import { startServer, type TestServer } from '../../support/server.ts';

describe('the origin of a browser page', () => {
  let server: TestServer;
  let logged: unknown[];

  before(async () => {
    const log = pino(
      { level: 'warn' },
      {
        write(line: string) {
          const { msg, origin, audit } = JSON.parse(line);
          if (audit !== true) logged.push([msg, origin]);
        },
      },
    );
    server = await startServer({ ALLOWED_ORIGINS: 'https://app.example.com' }, { log });
  });
  after(() => server?.stop());
  beforeEach(() => {
    logged = [];
  });

  const refusalOf = (origin: string) => ['refused a browser page whose origin is neither PUBLIC_URL nor in ALLOWED_ORIGINS', origin];
  const send = (origin: string) => server.request('GET', '/api/0/organizations/', { headers: { Origin: origin } });
  const openSocket = (origin: string) =>
    new Promise<string>((resolve) => {
      const socket = new WebSocket(`${server.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`, { origin });
      socket.on('open', () => resolve('open'));
      socket.on('error', () => resolve('refused'));
    });

  it('[H-35] [V16.3.3] causes one warning in the log if it is refused, over REST and on a socket', async () => {
    for (let n = 0; n < 3; n++) await send('https://rest.example.com');
    for (let n = 0; n < 2; n++) assert.equal(await openSocket('https://socket.example.com'), 'refused');
    await eventually(() => assert.deepEqual(logged, [refusalOf('https://rest.example.com'), refusalOf('https://socket.example.com')]));
  });

  it('causes no warning if it is allowed, or absent', async () => {
    await send('https://app.example.com');
    await send(new URL(server.url).origin);
    await server.request('GET', '/api/0/organizations/');
    assert.equal(await openSocket('https://app.example.com'), 'open');
    assert.deepEqual(logged, []);
  });
});
