import assert from 'node:assert/strict';
import { mailsTo } from '../../support/mailbox.ts';
import { anOrganizationOf, aPerson, nextNumber, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';

const badNames = [
  'Eve https://evil.example',
  'Eve\nBcc: everyone',
  'Eve\r\nx',
  'a\tb',
  'a\u0000b',
  'a\u001bb',
  'a\u0085b',
  'a\u202eb',
  'a\u2066b',
  'a\u200bb',
  'a\u2028b',
  'Eve\u2029',
  '\ufeffEve',
];

describe('[H-17] names', () => {
  let server: TestServer;
  let owner: Person;
  let org: ProvisionedOrg;
  let on: string;

  before(async () => {
    server = await startServer({ PRODUCT_NAME: 'Acme & Access' });
    owner = await aPerson(server);
    org = await anOrganizationOf(server, owner);
    on = `/api/0/organizations/${org.slug}`;
    await server.request('POST', `${on}/teams/`, { token: owner.token, body: { slug: 'ops' } });
    await server.request('POST', `/api/0/teams/${org.slug}/ops/projects/`, { token: owner.token, body: { name: 'engine' } });
  });
  after(() => server?.stop());

  it('[H-17] cause 400 at every entry point if they have line breaks, invisible characters or ://, and change nothing', async () => {
    const [token] = (await server.request('GET', `/api/0/projects/${org.slug}/engine/keys/`, { token: owner.token })).body;
    const made = await server.request('POST', `${on}/org-auth-tokens/`, { token: owner.token, body: { name: 'build' } });
    const relay = { publicKey: 'A'.repeat(43), name: 'relay', description: '' };
    const borders: readonly [string, string, (name: string) => object, 'operator'?][] = [
      ['PUT', `${on}/`, (name) => ({ name })],
      ['PUT', `${on}/`, (name) => ({ trustedRelays: [{ ...relay, name }] })],
      ['PUT', `${on}/`, (description) => ({ trustedRelays: [{ ...relay, description }] })],
      ['POST', '/api/0/organizations/', (name) => ({ name })],
      ['POST', `${on}/teams/`, (name) => ({ name, slug: `team-${nextNumber()}` })],
      ['PUT', `/api/0/teams/${org.slug}/ops/`, (name) => ({ name })],
      ['POST', `/api/0/teams/${org.slug}/ops/projects/`, (name) => ({ name, slug: `project-${nextNumber()}` })],
      ['POST', `${on}/projects/`, (name) => ({ name, slug: `project-${nextNumber()}` })],
      ['PUT', `/api/0/projects/${org.slug}/engine/`, (name) => ({ name })],
      ['POST', `/api/0/projects/${org.slug}/engine/keys/`, (name) => ({ name })],
      ['PUT', `/api/0/projects/${org.slug}/engine/keys/${token.id}/`, (name) => ({ name })],
      ['POST', `${on}/org-auth-tokens/`, (name) => ({ name })],
      ['PUT', `${on}/org-auth-tokens/${made.body.id}/`, (name) => ({ name })],
      ['POST', '/api/0/auth/register/', (name) => ({ name, member: '1', token: '0'.repeat(64), password: 'correct horse battery' })],
      ['POST', '/users/', (name) => ({ name, email: `named-${nextNumber()}@example.com` }), 'operator'],
      ['PUT', `/users/${owner.userId}/`, (name) => ({ name }), 'operator'],
      ['POST', `/users/${owner.userId}/tokens/`, (name) => ({ name, scopes: ['org:read'] }), 'operator'],
      ['POST', '/organizations/', (name) => ({ name, ownerId: owner.userId }), 'operator'],
      ['POST', `/organizations/${org.id}/tokens/`, (name) => ({ name, scopes: ['org:read'] }), 'operator'],
    ];
    const revision = async () => (await server.operate('GET', `/organizations/${org.id}/state/`)).body.revision;
    const before = await revision();
    for (const [method, path, bodyOf, by] of borders) {
      for (const name of badNames) {
        const body = bodyOf(name);
        const answer =
          by === 'operator' ? await server.operate(method, path, body) : await server.request(method, path, { token: owner.token, body });
        assert.equal(answer.status, 400, `${method} ${path} ${JSON.stringify(body)}: ${JSON.stringify(answer.body)}`);
        assert.match(JSON.stringify(answer.body), /not allowed/, `${method} ${path}`);
      }
    }
    assert.equal(await revision(), before);
  });

  it('[H-17] make an import skip their line if they are invalid', async () => {
    const lines = badNames.map((team) => JSON.stringify({ op: 'team.create', team }));
    const { status, body } = await server.request('POST', `/api/operator/organizations/${org.id}/import/`, {
      token: server.operatorToken,
      headers: { 'Content-Type': 'application/x-ndjson' },
      body: [...lines, JSON.stringify({ op: 'team.create', team: 'Node.js' })].join('\n'),
    });
    assert.equal(status, 200, JSON.stringify(body));
    assert.equal(body.applied, 1);
    assert.deepEqual(
      body.skipped.map(({ reason }: { reason: string }) => reason),
      badNames.map(() => 'bad-operation'),
    );
  });

  it('[H-17] appear in quotes and without a link in mails if they are older than the rule', async () => {
    const { db } = server.services;
    const other = await anOrganizationOf(server, owner);
    await db
      .updateTable('organizations')
      .set({ name: 'Win https://evil.example/now\nor www.evil.example' })
      .where('id', '=', other.id)
      .execute();
    const email = `invited-${nextNumber()}@example.com`;
    const invited = await server.request('POST', `/api/0/organizations/${other.id}/members/`, { token: owner.token, body: { email } });
    assert.equal(invited.status, 201);
    const [mail] = await mailsTo(server, email);
    assert.doesNotMatch(mail!.text.replaceAll(server.url, ''), /:\/\/|www\.evil/);
    assert.match(mail!.text, /Win https/);
  });

  it('[H-61] the server has the name of PRODUCT_NAME in mails, pages, the console’s document, setup links and the API description', async () => {
    const email = `invited-${nextNumber()}@example.com`;
    const { name } = (await server.request('GET', `${on}/`, { token: owner.token })).body;
    await server.request('POST', `${on}/members/`, { token: owner.token, body: { email } });
    const [mail] = await mailsTo(server, email);
    assert.equal(mail!.subject, `Join ${name} on Acme & Access`);
    for (const path of ['/login/', '/forgot-password/', '/reset-password/', '/verify-email/', '/accept/', '/nothing/', '/api/docs/']) {
      const { body } = await server.request('GET', path, { headers: { Accept: 'text/html' } });
      assert.match(body, /<title>[^<]*Acme &amp; Access/, path);
      assert.doesNotMatch(body.replace(/<p>.*<\/p>|rollcall_session/g, ''), />\s*Rollcall\s*</, path);
    }
    const { body } = await server.request('GET', '/operations/');
    assert.match(body, /<title>[^<]*Acme &amp; Access/);
    assert.equal((await server.request('GET', '/api/0/openapi.json')).body.info.title, 'Acme & Access');
  });
});
