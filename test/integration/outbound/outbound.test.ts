import assert from 'node:assert/strict';
import type { LookupAddress } from 'node:dns';
import type { RequestListener, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { parseAllowedDestinations } from '../../../server/src/outbound/allowed-destinations.ts';
import { Outbound, type OutboundOptions, type OutboundOwner, type OutboundRequest } from '../../../server/src/outbound/outbound.ts';
import { outboundLimits } from '../../../server/src/runtime/limits/rows/outbound.ts';
import { Counters } from '../../../server/src/runtime/metrics/counters.ts';
import { eventually } from '../../support/eventually.ts';
import { ForeignServer } from '../../support/foreign-server.ts';
import { insideAddresses, insideHosts } from '../../support/inside-addresses.ts';

const bodyBytesMax = outboundLimits.bodyBytes.value;

describe('calls to other servers', () => {
  const opened: { close(): Promise<void>; stop?(): Promise<void> }[] = [];
  let counters: Counters;
  beforeEach(() => {
    counters = new Counters();
  });
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.close();
  });

  function open(allowed: string, options: Partial<OutboundOptions> = {}): Outbound {
    const outbound = new Outbound({
      allowed: parseAllowedDestinations(allowed.split(' ').filter(Boolean))!,
      publicUrl: 'https://rollcall.example.com',
      servicePorts: new Set(),
      counters,
      ...options,
    });
    opened.push(outbound);
    return outbound;
  }

  async function serve(respond?: RequestListener): Promise<ForeignServer> {
    const server = await ForeignServer.start(respond);
    opened.push({ close: () => server.stop() });
    return server;
  }

  const addressOf = (address: string): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 });
  /** Resolves every name to these addresses. */
  const resolveTo =
    (...addresses: readonly string[]) =>
    async () =>
      addresses.map(addressOf);
  const refusals = () => Object.fromEntries(counters.byReason('outboundRefused'));
  const owner = { caller: '1', purpose: 'login' } as const;
  const requestOf = (outbound: Outbound, url: string, options: Partial<OutboundRequest> = {}) =>
    outbound.request(url, { owner, ...options });
  const outcomeOf = async (outbound: Outbound, url: string, options?: Partial<OutboundRequest>) =>
    (await requestOf(outbound, url, options)).outcome;

  it('end before the connection if the signal is already aborted', async () => {
    const server = await serve((_request, response) => response.end('called'));
    const outcome = await outcomeOf(open('127.0.0.1'), `http://127.0.0.1:${server.port}/`, { signal: AbortSignal.abort() });
    assert.equal(outcome, 'timeout');
  });

  it('send the method, the headers and the body, and return status, headers, body and time', async () => {
    let received = '';
    const server = await serve((request, response) => {
      request.setEncoding('utf8').on('data', (chunk) => (received += chunk));
      request.on('end', () => response.writeHead(422, { 'X-Other': 'value' }).end('no'));
    });
    const url = `http://127.0.0.1:${server.port}/path/%20?a=b#c`;
    const result = await requestOf(open('127.0.0.1'), url, { method: 'POST', headers: { 'X-One': '1' }, body: 'text' });
    assert.equal(result.outcome, 'response');
    assert.deepEqual([result.status, result.headers['x-other'], result.body.toString()], [422, 'value', 'no']);
    assert.ok(result.ms >= 0 && result.ms < 15_000);
    const [request] = server.requests;
    assert.deepEqual([request!.method, request!.url, request!.headers['x-one'], received], ['POST', '/path/%20?a=b', '1', 'text']);
    assert.deepEqual(refusals(), {});
  });

  it('[S-50] [V1.3.6] never connect to an internal address in a URL, in any spelling', async () => {
    const server = await serve();
    const outbound = open('');
    for (const host of insideHosts) {
      for (const scheme of ['http', 'https']) {
        assert.equal(await outcomeOf(outbound, `${scheme}://${host}:${server.port}/`), 'refused-address', `${scheme} ${host}`);
      }
    }
    assert.equal(server.connections, 0);
    assert.deepEqual(refusals(), { address: insideHosts.length * 2 });
  });

  it('[S-50] never connect to a name that resolves to an internal address, alone or among public ones', async () => {
    const server = await serve();
    for (const address of insideAddresses.filter((one) => !one.includes('%'))) {
      for (const addresses of [[address], ['1.1.1.1', address], [address, '2606:4700::1111']]) {
        const outbound = open('', { resolve: resolveTo(...addresses) });
        assert.equal(await outcomeOf(outbound, `https://idp.example.com:${server.port}/`), 'refused-address', String(addresses));
      }
    }
    assert.equal(server.connections, 0);
  });

  it('[S-50] resolve localhost as the system does, and refuse it with and without a trailing dot', async () => {
    const server = await serve();
    const outbound = open('');
    for (const host of ['localhost', 'LOCALHOST', 'localhost.']) {
      const outcome = await outcomeOf(outbound, `https://${host}:${server.port}/`);
      // Some systems don't find the name with the dot.
      assert.ok(outcome === 'refused-address' || (host === 'localhost.' && outcome === 'dns'), `${host}: ${outcome}`);
    }
    assert.equal(server.connections, 0);
    assert.equal(await outcomeOf(open('127.0.0.1 ::1'), `http://localhost:${server.port}/`), 'response');
  });

  it('[S-50] evaluate each new connection, so that a name cannot be rebound after its first use', async () => {
    const server = await serve((_request, response) => response.setHeader('Connection', 'close').end());
    const answers = ['127.0.0.1', '127.0.0.2'];
    const outbound = open('127.0.0.1', { resolve: async () => [addressOf(answers.shift()!)] });
    const url = `http://idp.example.com:${server.port}/`;
    assert.equal(await outcomeOf(outbound, url), 'response');
    assert.equal(await outcomeOf(outbound, url), 'refused-address');
    assert.equal(server.connections, 1);
    assert.deepEqual(answers, [], 'each connection looks the name up once');
  });

  it('[S-50] evaluate the address of the connected socket before they send anything', async () => {
    const server = await serve();
    let reads = 0;
    // The first read is that of the policy. The second is that of Node, which connects.
    const rebound = {
      get address() {
        return reads++ === 0 ? '127.0.0.1' : '127.0.0.2';
      },
      family: 4,
    };
    const outbound = open('127.0.0.1', { resolve: async () => [rebound] });
    assert.equal(await outcomeOf(outbound, `http://idp.example.com:${server.port}/`), 'refused-address');
    await eventually(() => assert.equal(server.connections, 1));
    await eventually(() => assert.equal(server.open.size, 0));
    assert.equal(server.requests.length, 0);
  });

  it('[S-50] [V15.3.2] return a redirect and do not follow it', async () => {
    const inside = await serve();
    for (const status of [301, 302, 303, 307, 308]) {
      const server = await serve((_request, response) =>
        response.writeHead(status, { Location: `http://127.0.0.1:${inside.port}/` }).end(),
      );
      const result = await requestOf(open('127.0.0.1'), `http://127.0.0.1:${server.port}/`, { method: 'POST', body: 'x' });
      assert.deepEqual(result.outcome === 'response' && result.status, status);
    }
    assert.equal(inside.connections, 0);
  });

  it("[S-50] refuse this server's own host and the ports of its services, also at allowed addresses", async () => {
    const server = await serve();
    const resolve = resolveTo('127.0.0.1');
    const own = { publicUrl: `http://rollcall.example.com:${server.port}`, resolve };
    const url = `http://rollcall.example.com:${server.port}/`;
    assert.equal(await outcomeOf(open('', own), url), 'refused-address');
    assert.equal(await outcomeOf(open('127.0.0.1', own), url), 'response');
    assert.equal(await outcomeOf(open('127.0.0.1', { servicePorts: new Set([server.port]), resolve }), url), 'refused-address');
    assert.deepEqual(refusals(), { 'own-host': 1, port: 1 });
    assert.equal(server.connections, 1);
  });

  it('[S-50] refuse http to a public address', async () => {
    const outbound = open('', { resolve: resolveTo('1.1.1.1') });
    assert.equal(await outcomeOf(outbound, 'http://idp.example.com/'), 'refused-address');
    assert.deepEqual(refusals(), { scheme: 1 });
  });

  describe('the response', () => {
    const url = ({ port }: ForeignServer) => `http://127.0.0.1:${port}/`;
    const endless = (response: ServerResponse) => {
      const write = () => {
        while (!response.destroyed && response.write(Buffer.alloc(8 * 1024)));
      };
      response.on('drain', write);
      write();
    };

    it('[S-50] may have at most as many bytes as the limit', async () => {
      const server = await serve((request, response) => response.end(Buffer.alloc(Number(request.url!.slice(1)))));
      const outbound = open('127.0.0.1');
      const whole = await requestOf(outbound, `${url(server)}${bodyBytesMax}`);
      assert.equal(whole.outcome === 'response' && whole.body.length, bodyBytesMax);
      assert.equal(await outcomeOf(outbound, `${url(server)}${bodyBytesMax + 1}`), 'too-large');
      assert.equal(await outcomeOf(outbound, `${url(server)}10`, { bodyBytesMax: 9 }), 'too-large');
      assert.equal(await outcomeOf(outbound, `${url(server)}${bodyBytesMax + 1}`, { bodyBytesMax: bodyBytesMax + 1 }), 'response');
    });

    it('[S-50] causes an error at the size limit if it never ends', async () => {
      const server = await serve((_request, response) => endless(response.writeHead(200)));
      assert.equal(await outcomeOf(open('127.0.0.1'), url(server)), 'too-large');
      await eventually(() => assert.equal(server.open.size, 0));
    });

    it('[S-50] causes an error if its headers never end', async () => {
      const server = await serve((request) => {
        const { socket } = request;
        socket.write('HTTP/1.1 200 OK\r\n');
        const write = () => {
          while (!socket.destroyed && socket.write('X-A: a\r\n'.repeat(512)));
        };
        socket.on('drain', write);
        write();
      });
      assert.equal(await outcomeOf(open('127.0.0.1'), url(server)), 'too-large');
    });

    it('[S-50] causes an error after 100 interim responses, however many follow', async () => {
      let sent = 0;
      const server = await serve(({ socket }) => {
        const write = () => {
          do sent += 1_000;
          while (!socket.destroyed && socket.write('HTTP/1.1 103\r\n\r\n'.repeat(1_000)));
        };
        socket.on('drain', write);
        write();
      });
      const result = await requestOf(open('127.0.0.1', { limits: { wholeMsMax: 2_000 } }), url(server));
      assert.equal(result.outcome, 'too-large');
      await eventually(() => assert.equal(server.open.size, 0));
      const few = await serve((_request, response) => {
        for (let number = 0; number < 10; number++) response.writeProcessing();
        response.end('ok');
      });
      assert.equal(await outcomeOf(open('127.0.0.1'), url(few)), 'response');
      assert.ok(sent < 1_000_000, `${sent} responses were read`);
    });

    const slow: Readonly<Record<string, RequestListener>> = {
      'never begins': () => {},
      'consists of interim responses only': async (_request, response) => {
        for (; !response.destroyed; await sleep(20)) response.writeProcessing();
      },
      'trickles in': async (_request, response) => {
        for (response.writeHead(200); !response.destroyed; await sleep(20)) response.write('.');
      },
    };
    for (const [which, respond] of Object.entries(slow)) {
      it(`[S-50] causes an error after the time limit if it ${which}`, async () => {
        const server = await serve(respond);
        const result = await requestOf(open('127.0.0.1', { limits: { wholeMsMax: 300 } }), url(server));
        assert.equal(result.outcome, 'timeout');
        assert.ok(result.ms >= 295 && result.ms < 5_000, String(result.ms));
        await eventually(() => assert.equal(server.open.size, 0));
      });
    }

    it("[S-50] can't be compressed, and the request accepts no compression", async () => {
      const bomb = gzipSync(Buffer.alloc(32 * 1024 * 1024));
      assert.ok(bomb.length < bodyBytesMax);
      const server = await serve((request, response) => {
        const encoding = request.url!.slice(1);
        response.writeHead(200, { 'Content-Encoding': encoding }).end(encoding === 'gzip' ? bomb : 'text');
      });
      const outbound = open('127.0.0.1');
      for (const encoding of ['gzip', 'br', 'deflate', 'gzip, identity']) {
        assert.equal(await outcomeOf(outbound, `${url(server)}${encoding}`, { headers: { 'accept-encoding': 'gzip' } }), 'http', encoding);
      }
      assert.equal(await outcomeOf(outbound, `${url(server)}identity`), 'response');
      for (const { headers } of server.requests) assert.equal(headers['accept-encoding'], 'identity');
    });

    it('has the outcome `http` if it is not HTTP, is cut off or never begins because no connection succeeds', async () => {
      const garbage = await serve((request) => request.socket.end('SSH-2.0-OpenSSH\r\n'));
      const cut = await serve((request) => request.socket.destroy());
      const short = await serve((_request, response) => {
        response.writeHead(200, { 'Content-Length': 10 }).write('half');
        setTimeout(() => response.destroy(), 20);
      });
      const outbound = open('127.0.0.1');
      for (const server of [garbage, cut, short]) assert.equal(await outcomeOf(outbound, url(server)), 'http');
      const { port } = garbage;
      await garbage.stop();
      opened.splice(0, 1);
      assert.equal(await outcomeOf(outbound, `http://127.0.0.1:${port}/`), 'http');
    });
  });

  it('report a name that cannot be resolved', async () => {
    const failing = async () => {
      throw Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
    };
    assert.equal(await outcomeOf(open('', { resolve: failing }), 'https://idp.example.com/'), 'dns');
    assert.equal(await outcomeOf(open('', { resolve: resolveTo() }), 'https://idp.example.com/'), 'dns');
  });

  it('[S-50] end after the time limit while their name is looked up', async () => {
    const outbound = open('', { resolve: () => new Promise(() => {}), limits: { wholeMsMax: 200 } });
    const result = await requestOf(outbound, 'https://idp.example.com/');
    assert.equal(result.outcome, 'timeout');
    assert.ok(result.ms < 2_000, String(result.ms));
  });

  it('refuse a text that is not a URL', async () => {
    for (const text of ['', 'idp.example.com', 'https://', 'https://[::1', 'https://1.2.3.4.5/']) {
      assert.equal(await outcomeOf(open(''), text), 'refused-address', text);
    }
    assert.deepEqual(refusals(), { url: 5 });
  });

  it('ignore the proxies of the environment, and keep no cookies', async () => {
    const proxy = await serve();
    const server = await serve((_request, response) => response.setHeader('Set-Cookie', 'a=b').end());
    const names = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'];
    const before = names.map((name) => process.env[name]);
    for (const name of names) process.env[name] = `http://127.0.0.1:${proxy.port}`;
    try {
      const outbound = open('127.0.0.1');
      for (let i = 0; i < 2; i++) assert.equal(await outcomeOf(outbound, `http://127.0.0.1:${server.port}/`), 'response');
    } finally {
      for (const [index, name] of names.entries()) {
        if (before[index] === undefined) delete process.env[name];
        else process.env[name] = before[index];
      }
    }
    assert.equal(proxy.connections, 0);
    assert.deepEqual(
      server.requests.map(({ headers }) => headers.cookie),
      [undefined, undefined],
    );
  });

  it('[H-98] hold up no calls of another organization, or for another purpose, at the same host', async () => {
    const waiting: ServerResponse[] = [];
    const server = await serve((request, response) => void (request.url === '/slow' ? waiting.push(response) : response.end()));
    const outbound = open('127.0.0.1');
    const call = (path: string, caller: string, purpose: OutboundOwner['purpose']) =>
      outcomeOf(outbound, `http://127.0.0.1:${server.port}${path}`, { owner: { caller, purpose } });
    const tests = Array.from({ length: 12 }, () => call('/slow', '1', 'test'));
    await eventually(() => assert.equal(waiting.length, outboundLimits.connections.value));
    assert.deepEqual(await Promise.all([call('/', '2', 'login'), call('/', '2', 'test'), call('/', '1', 'login')]), [
      'response',
      'response',
      'response',
    ]);
    let served = 0;
    await eventually(() => {
      for (const response of waiting.splice(0)) response.end(() => served++);
      assert.equal(served, tests.length);
    });
    await Promise.all(tests);
  });

  it('share at most four connections to one host and port, per organization and purpose', async () => {
    const waiting: ServerResponse[] = [];
    const server = await serve((_request, response) => void waiting.push(response));
    const outbound = open('127.0.0.1');
    const calls = Array.from({ length: 10 }, () => outcomeOf(outbound, `http://127.0.0.1:${server.port}/`));
    await eventually(() => assert.equal(waiting.length, outboundLimits.connections.value));
    let served = 0;
    await eventually(() => {
      for (const response of waiting.splice(0)) response.end(() => served++);
      assert.equal(served, calls.length);
    });
    assert.deepEqual(new Set(await Promise.all(calls)), new Set(['response']));
    assert.equal(server.connections, outboundLimits.connections.value);
  });

  it('end when the client is closed', async () => {
    const server = await serve(() => {});
    const outbound = open('127.0.0.1');
    const call = outcomeOf(outbound, `http://127.0.0.1:${server.port}/`);
    await eventually(() => assert.equal(server.requests.length, 1));
    await outbound.close();
    assert.equal(await call, 'http');
    await eventually(() => assert.equal(server.open.size, 0));
    assert.equal(await outcomeOf(outbound, `http://127.0.0.1:${server.port}/`), 'http');
  });
});
