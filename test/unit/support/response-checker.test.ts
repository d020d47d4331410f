import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { describeOwnApi } from '../../../server/src/http/openapi/router.ts';
import { securityHeaders } from '../../../server/src/runtime/security-headers.ts';
import { ResponseChecker } from '../../support/response-checker.ts';
import { takeDeviations } from '../../support/response-checks.ts';

const orgRevision = '9f3c8b1e-1111-4222-8333-444455556666.7';

describe('the check of responses against the OpenAPI description', () => {
  let checker: ResponseChecker;

  before(async () => {
    checker = new ResponseChecker(await describeOwnApi('test', { isClosed: true }));
  });

  const check = (method: string, path: string, status: number, body?: unknown, headers: Record<string, string> = {}) =>
    checker.findDeviation({
      method,
      path,
      status,
      headers: new Headers({ 'Content-Type': 'application/json', ...headers }),
      text: body === undefined ? '' : JSON.stringify(body),
    });

  const membership = '/api/0/organizations/acme/members/me/teams/ops/';
  const health = {
    status: 'ok',
    database: 'postgres',
    writes: 'ok',
    bus: 'redis',
    revisionLagMs: 0,
    sockets: 0,
    version: '1.0.0',
    distrust: null,
    missingOrganizations: [],
  };

  it('a response that matches is accepted', () => {
    assert.equal(check('GET', membership, 200, { isActive: true, teamRole: null }), null);
    assert.equal(check('PUT', membership, 200, { isActive: true, teamRole: 'admin' }, { 'X-Org-Revision': orgRevision }), null);
    assert.equal(check('GET', '/api/operator/health/', 200, health), null);
    assert.equal(
      check('GET', membership, 404, { detail: 'The requested resource does not exist' }, { 'X-Sentry-Error': 'not-found' }),
      null,
    );
    assert.equal(check('PUT', membership, 403, undefined, { 'X-Sentry-Error': 'forbidden' }), null);
  });

  it('the deviation names method, path, status and the problem', () => {
    const deviation = check('GET', membership, 200, { isActive: true, teamRole: 'boss' });
    assert.match(
      deviation ?? '',
      /^GET \/api\/0\/organizations\/acme\/members\/me\/teams\/ops\/ returned 200 \(readTeamMembership\): .*teamRole/,
    );
  });

  for (const { wrong, how } of [
    { wrong: () => check('GET', membership, 200, { isActive: true }), how: /required property 'teamRole'/ },
    {
      wrong: () => check('GET', membership, 200, { isActive: true, teamRole: null, secret: 1 }),
      how: /additional properties \(secret\)/,
    },
    { wrong: () => check('GET', '/api/operator/health/', 200, { ...health, sockets: '0' }), how: /\/sockets must be integer/ },
    { wrong: () => check('GET', membership, 201, { isActive: true, teamRole: null }), how: /only 200, .* are described/ },
    { wrong: () => check('PUT', membership, 200, { isActive: true, teamRole: null }), how: /header X-Org-Revision is missing/ },
    { wrong: () => check('GET', membership, 403, { detail: 'no' }), how: /header X-Sentry-Error is missing/ },
    {
      wrong: () => check('GET', membership, 404, { error: 'none' }, { 'X-Sentry-Error': 'not-found' }),
      how: /required property 'detail'/,
    },
    {
      wrong: () => check('DELETE', '/api/0/teams/acme/ops/', 204, {}, { 'X-Org-Revision': orgRevision }),
      how: /has no body, but the response has/,
    },
    { wrong: () => check('GET', membership, 200), how: /the body is empty$/ },
    { wrong: () => check('GET', membership, 200, {}, { 'Content-Type': 'text/html' }), how: /Content-Type is text\/html/ },
  ]) {
    it(`a response is refused where the deviation matches ${String(how)}`, () => {
      assert.match(wrong() ?? 'nothing was refused', how);
    });
  }

  it('paths and methods without a route are not checked', () => {
    assert.equal(check('GET', '/api/0/nowhere/', 404), null);
    assert.equal(check('DELETE', '/api/operator/health/', 405, { detail: 'no' }), null);
  });

  it('a deviation fails the test that fetched the response', async () => {
    const server = http.createServer((_request, response) => {
      for (const [name, value] of Object.entries(securityHeaders(null))) response.setHeader(name, value);
      response.setHeader('Content-Type', 'application/json');
      response.end('{"problems": [], "healthy": {}, "stray": true}');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { port } = server.address() as AddressInfo;
      await assert.rejects(fetch(`http://127.0.0.1:${port}/api/0/internal/health/`), /\(readClientHealth\): .*\(stray\)/);
      assert.equal(takeDeviations().length, 1, 'a deviation that a test catches must fail it afterwards');
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });
});
