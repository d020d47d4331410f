import assert from 'node:assert/strict';
import { anOrganizationOf, aPerson } from '../support/provision.ts';
import { enableScim, patchOf, type ScimClient } from '../support/scim.ts';
import { startServer, type TestServer } from '../support/server.ts';

const texts = [
  '',
  ' ',
  '0',
  '-1',
  '1e9',
  '9'.repeat(30),
  '\u0000',
  '\ud800',
  "'--",
  '"',
  '%',
  'me',
  '__proto__',
  'constructor',
  'x'.repeat(5_000),
];
const values: readonly unknown[] = [null, true, 1.5, [], {}, [null], { value: {} }, '', '\u0000', '\ud800', '__proto__', 'x'.repeat(300)];
const filters = [
  '(',
  '"',
  'a eq',
  'id eq 1e400',
  'id eq -1',
  'id eq "9999999999999999999"',
  'not',
  'a[b eq 1',
  '__proto__ eq 1',
  'id eq "\ud800"',
];

describe('[S-46] hostile requests of an identity provider', function () {
  this.timeout(120_000);
  let server: TestServer;
  let scim: ScimClient;
  let user: string;
  let group: string;

  before(async () => {
    server = await startServer({ RATE_LIMIT_PER_CREDENTIAL: '100000', RATE_LIMIT_PER_ADDRESS: '100000' });
    const org = await anOrganizationOf(server, await aPerson(server));
    scim = await enableScim(server, org.id);
    user = (await scim('POST', '/Users', { userName: 'hostile@example.com' })).body.id;
    group = (await scim('POST', '/Groups', { displayName: 'Hostile' })).body.id;
  });
  after(() => server?.stop());

  const encoded = (text: string) => encodeURIComponent(Buffer.from(text).toString());

  async function assertAnswer(method: string, path: string, body?: unknown): Promise<void> {
    const answer = await scim(method, path, body);
    const call = `${method} ${path.slice(0, 100)} ${JSON.stringify(body)?.slice(0, 200)}: ${answer.status} ${JSON.stringify(answer.body)}`;
    assert.ok(answer.status < 500, call);
    if (answer.status >= 400) assert.deepEqual(answer.body.schemas, ['urn:ietf:params:scim:api:messages:2.0:Error'], call);
  }

  async function assertNoFault(calls: readonly (readonly [method: string, path: string, body?: unknown])[]): Promise<void> {
    const left = [...calls];
    const hand = async () => {
      for (let call = left.pop(); call; call = left.pop()) await assertAnswer(...call);
    };
    await Promise.all(Array.from({ length: 8 }, hand));
    const object = {} as { x?: unknown; polluted?: unknown };
    assert.deepEqual([object.x, object.polluted], [undefined, undefined]);
  }

  it('[S-46] get no 5xx for malformed paths, filters and pages', async () => {
    const ids = texts.filter((text) => text.trim() !== '').map((text) => `/${encoded(text).slice(0, 3_000)}`);
    await assertNoFault([
      ...ids.flatMap((id) => [['GET', `/Users${id}`] as const, ['GET', `/Groups${id}`] as const, ['DELETE', `/Users${id}`] as const]),
      ...ids.map((id) => ['PATCH', `/Groups${id}`, patchOf({ op: 'replace', path: 'displayName', value: 'x' })] as const),
      ...[...filters, ...texts].flatMap((text) => ['/Users', '/Groups'].map((path) => ['GET', `${path}?filter=${encoded(text)}`] as const)),
      ...texts.flatMap((text) =>
        ['startIndex', 'count', 'excludedAttributes'].map((name) => ['GET', `/Groups?${name}=${encoded(text)}`] as const),
      ),
    ]);
  });

  it('[S-46] get no 5xx for malformed bodies', async () => {
    const attributes = ['sentryOrgRole', 'externalId', 'members', 'displayName', 'userName', '__proto__', 'constructor'];
    const given = attributes.flatMap((name) =>
      values.map((value) => JSON.parse(`{${JSON.stringify(name)}: ${JSON.stringify(value)}}`) as object),
    );
    const operations = given.flatMap((value, index) => {
      const [[path, one]] = Object.entries(value) as [[string, unknown]];
      return [
        { op: 'replace', value },
        { op: ['add', 'remove', 'replace'][index % 3], path, value: one },
      ];
    });
    const bodies = [
      ...values,
      ...values.map((Operations) => ({ schemas: [], Operations })),
      ...operations.map((operation) => patchOf(operation)),
    ];
    await assertNoFault([
      ...given.map((body) => ['POST', '/Users', body] as const),
      ...given.map((body) => ['POST', '/Groups', { displayName: 'Another', ...body }] as const),
      ...given.map((body) => ['PUT', `/Users/${user}`, body] as const),
      ...bodies.flatMap((body) => [['PATCH', `/Users/${user}`, body] as const, ['PATCH', `/Groups/${group}`, body] as const]),
    ]);
    assert.equal((await scim('GET', `/Users/${user}`)).status, 200);
  });
});
