import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { generate } from 'selfsigned';
import { parseAllowedDestinations } from '../../../server/src/outbound/allowed-destinations.ts';
import { Outbound, type OutboundOptions } from '../../../server/src/outbound/outbound.ts';
import { Counters } from '../../../server/src/runtime/metrics/counters.ts';
import { ForeignServer } from '../../support/foreign-server.ts';

const day = 24 * 60 * 60 * 1_000;

describe('calls to other servers over TLS', () => {
  let ca: string;
  let server: ForeignServer;
  let expired: { cert: string; key: string };
  const closing: (() => Promise<void>)[] = [];

  before(async () => {
    const made = await makeCertificate(Date.now() - day, Date.now() + day);
    expired = await makeCertificate(Date.now() - 2 * day, Date.now() - day);
    ca = made.cert;
    server = await ForeignServer.start(undefined, made);
  });
  after(() => server?.stop());
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  /** Makes a certificate for `idp.example.test` and 127.0.0.1. */
  async function makeCertificate(from: number, until: number): Promise<{ cert: string; key: string }> {
    const altNames = [
      { type: 2, value: 'idp.example.test' },
      { type: 7, ip: '127.0.0.1' },
    ] as const;
    const made = await generate([{ name: 'commonName', value: 'idp.example.test' }], {
      notBeforeDate: new Date(from),
      notAfterDate: new Date(until),
      extensions: [
        { name: 'basicConstraints', cA: true },
        { name: 'subjectAltName', altNames: [...altNames] },
      ],
    });
    return { cert: made.cert, key: made.private };
  }

  function open(options: Partial<OutboundOptions>): Outbound {
    const outbound = new Outbound({
      allowed: parseAllowedDestinations(['127.0.0.1'])!,
      publicUrl: 'https://rollcall.example.com',
      servicePorts: new Set(),
      counters: new Counters(),
      resolve: async () => [{ address: '127.0.0.1', family: 4 }],
      ...options,
    });
    closing.push(() => outbound.close());
    return outbound;
  }

  const call = async (host: string, port: number, options: Partial<OutboundOptions> = { ca }) =>
    (await open(options).request(`https://${host}:${port}/`, { owner: { caller: '1', purpose: 'login' } })).outcome;

  it('succeed for the name and for the address of the certificate', async () => {
    assert.equal(await call('idp.example.test', server.port), 'response');
    assert.equal(await call('127.0.0.1', server.port), 'response');
  });

  it('[V12.3.2] fail if the certificate is not trusted, expired or for another name', async () => {
    assert.equal(await call('idp.example.test', server.port, {}), 'tls');
    assert.equal(await call('other.example.test', server.port), 'tls');
    const late = await ForeignServer.start(undefined, expired);
    closing.push(() => late.stop());
    assert.equal(await call('idp.example.test', late.port, { ca: expired.cert }), 'tls');
  });

  it('fail if the server does not use TLS', async () => {
    const plain = await ForeignServer.start();
    closing.push(() => plain.stop());
    assert.equal(await call('idp.example.test', plain.port), 'tls');
  });

  it('[S-50] end after the time limit if the handshake never ends', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    closing.push(async () => void silent.close());
    const { port } = silent.address() as AddressInfo;
    assert.equal(await call('idp.example.test', port, { ca, limits: { connectMsMax: 200 } }), 'timeout');
  });
});
