import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { pino } from 'pino';
import { eventually } from '../../support/eventually.ts';
import { anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';

interface Line {
  readonly instance?: string;
  readonly requestId?: string;
  readonly msg: string;
  readonly res?: { readonly status: number };
}

describe('request ids and the log', () => {
  let server: TestServer;
  let owner: Person;
  let org: ProvisionedOrg;
  const lines: Line[] = [];

  before(async () => {
    const logged = new PassThrough().setEncoding('utf8');
    logged.on('data', (line: string) => lines.push(JSON.parse(line)));
    server = await startServer({ INSTANCE_ID: 'one-of-two' }, { log: pino({ level: 'debug' }, logged) });
    owner = await aPerson(server);
    org = await anOrganizationOf(server, owner);
  });
  after(() => server.stop());

  const send = async (path: string, requestId?: string) => {
    const { headers } = await server.request('GET', path, {
      token: owner.token,
      headers: requestId === undefined ? {} : { 'X-Request-Id': requestId },
    });
    return headers.get('x-request-id');
  };

  it('[H-36] [V16.2.4] use the id from the caller, in log lines and in the response, on every route', async () => {
    // The list omits /healthz and /readyz, whose responses are sent before any log line.
    const paths = [`/api/0/organizations/${org.slug}/`, '/api/operator/health/', '/nowhere/', '/login/', '/api/0/openapi.json'];
    for (const [index, path] of paths.entries()) {
      const id = `Root=1-67891233:abc/def+${index}`;
      assert.equal(await send(path, id), id, path);
      await eventually(() =>
        assert.ok(
          lines.some(({ requestId, res }) => requestId === id && res !== undefined),
          path,
        ),
      );
    }
  });

  it('[H-36] accept the longest permitted id, and replace one that is longer or has other characters', async () => {
    const longest = 'x'.repeat(128);
    assert.equal(await send('/api/0/', longest), longest);
    const refused = [`${longest}x`, 'two words', '"quoted"', '{"level":60}', '<b>', 'a\\nb', 'ÿ', 'one, two', '%00', '$(id)'];
    for (const id of refused) assert.match((await send('/api/0/', id)) ?? '', /^[0-9a-f-]{36}$/, id);
    assert.notEqual(await send('/api/0/'), await send('/api/0/'));
  });

  it('[H-36] name the instance in each line', async () => {
    assert.ok(lines.length > 5);
    for (const line of lines) assert.equal(line.instance, 'one-of-two', line.msg);
  });
});
