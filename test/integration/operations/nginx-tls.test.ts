import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import path from 'node:path';
import { type ConnectionOptions, connect } from 'node:tls';
import { wireVersion } from '@rollcall/protocol';
import { generate } from 'selfsigned';
import { io } from 'socket.io-client';
import { freePort } from '../../support/free-port.ts';
import { anAccount, goodPassword } from '../../support/log-in.ts';
import { findNginx, type Nginx, nginxMissing, startNginx } from '../../support/nginx.ts';
import { aPerson } from '../../support/provision.ts';
import { makeTemporaryDirectory } from '../../support/run-directory.ts';
import { type Api, apiOf, startServer, type TestServer } from '../../support/server.ts';
import { skipBecause } from '../../support/skip.ts';

describe('deploy/nginx.conf with a certificate', () => {
  let nginx: Nginx;
  let server: TestServer;
  /** Without the balancer. */
  let api: Api;
  let ca: string;

  before(async function () {
    const program = findNginx();
    if (!program && process.env.CI !== 'true') skipBecause(this, nginxMissing);
    assert.ok(program, nginxMissing);
    const names = { name: 'subjectAltName' as const, altNames: [{ type: 7 as const, ip: '127.0.0.1' }] };
    const { cert, private: key } = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
      algorithm: 'sha256',
      extensions: [names],
    });
    ca = cert;
    const directory = makeTemporaryDirectory('tls');
    const tls = { certificate: path.join(directory, 'fullchain.pem'), key: path.join(directory, 'privkey.pem') };
    writeFileSync(tls.certificate, cert);
    writeFileSync(tls.key, key, { mode: 0o600 });
    const port = await freePort();
    nginx = await startNginx(program, [`127.0.0.1:${port}`, `127.0.0.1:${port}`], tls);
    server = await startServer({ PORT: String(port), PUBLIC_URL: nginx.url, TRUSTED_PROXIES: 'loopback' });
    api = apiOf(`http://127.0.0.1:${port}`, server.operatorToken);
  });
  after(async () => {
    await server?.stop();
    await nginx?.stop();
  });

  /** The version and cipher that a client with these options gets, or the error. */
  function handshake(options: ConnectionOptions): Promise<{ readonly version: string | null; readonly cipher: string }> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port: Number(new URL(nginx.url).port), ca, ...options }, () => {
        resolve({ version: socket.getProtocol(), cipher: socket.getCipher().name });
        socket.destroy();
      });
      socket.on('error', reject);
    });
  }

  it('[H-87] [V12.1.1] speaks TLS 1.3 and 1.2, with forward secrecy and authenticated encryption', async () => {
    assert.equal((await handshake({})).version, 'TLSv1.3');
    const older = await handshake({ maxVersion: 'TLSv1.2' });
    assert.equal(older.version, 'TLSv1.2');
    assert.match(older.cipher, /^ECDHE-.*(GCM|POLY1305)/);
  });

  it('[H-87] [V12.1.2] refuses older versions and weaker ciphers', async () => {
    // The client itself would refuse them at the default security level.
    const weak = 'ALL:@SECLEVEL=0';
    for (const version of ['TLSv1', 'TLSv1.1'] as const)
      await assert.rejects(
        handshake({ minVersion: version, maxVersion: version, ciphers: weak }),
        /alert protocol version|unsupported protocol/,
      );
    for (const cipher of ['AES128-SHA', 'AES256-GCM-SHA384', 'ECDHE-RSA-AES128-SHA', 'ECDHE-RSA-AES256-SHA384'])
      await assert.rejects(handshake({ maxVersion: 'TLSv1.2', ciphers: `${cipher}:@SECLEVEL=0` }), /handshake failure/, cipher);
  });

  it('[H-87] [V12.2.1] sends a client without TLS to https, and logs no token of an invitation on the way', async () => {
    const response = await fetch(`${nginx.plainUrl}/accept/7/the-token-of-an-invitation/`, { redirect: 'manual' });
    assert.equal(response.status, 308);
    assert.equal(response.headers.get('location'), 'https://127.0.0.1/accept/7/the-token-of-an-invitation/');
    assert.doesNotMatch(nginx.readLogs(), /the-token-of-an-invitation/);
  });

  it('[H-87] [V4.1.2] refuses requests of the API and sockets without TLS, with the headers for security', async () => {
    for (const path of ['/api/0/organizations/', '/api/operator/health/', '/socket.io/?transport=polling']) {
      const response = await fetch(nginx.plainUrl + path, { redirect: 'manual' });
      assert.deepEqual([response.status, response.headers.get('x-content-type-options')], [403, 'nosniff'], path);
    }
  });

  it('[H-87] passes on requests and sockets, and the cookie of a session is bound to its host', async () => {
    const { email } = await anAccount(api);
    const request = https.request(`${nginx.url}/api/0/auth/login/`, {
      method: 'POST',
      ca,
      headers: { 'Content-Type': 'application/json', Origin: nginx.url },
    });
    request.end(JSON.stringify({ username: email, password: goodPassword }));
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.resume();
    assert.equal(response.statusCode, 200);
    assert.match(response.headers['set-cookie']?.join() ?? '', /__Host-[^;]*;.*Secure/);

    const { token } = await aPerson(api);
    const socket = io(nginx.url, { transports: ['websocket'], reconnection: false, ca, auth: { token, v: wireVersion } });
    try {
      await new Promise<void>((resolve, reject) => {
        socket.on('connect', resolve);
        socket.on('connect_error', reject);
      });
    } finally {
      socket.close();
    }
  });
});
