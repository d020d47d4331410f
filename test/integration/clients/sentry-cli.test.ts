import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { SentryCli } from '@sentry/cli';
import { anOrganizationOf, aPerson, nextNumber, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { makeTemporaryDirectory } from '../../support/run-directory.ts';
import { startServer, type TestServer } from '../../support/server.ts';

/** The number of organizations, more than a page of 100 contains. */
const organizationsCount = 104;
const makersCount = 8;

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Sentry's command line tool as published, by its own binary. Its only inputs are an address and a
 * token.
 */
describe('sentry-cli', () => {
  let server: TestServer;
  let org: ProvisionedOrg;
  let owner: Person;
  let home: string;

  before(async () => {
    server = await startServer();
    home = makeTemporaryDirectory('sentry-cli');
    owner = await aPerson(server);
    org = await anOrganizationOf(server, owner);
    const project = { name: 'Engine', platform: 'node' };
    const made = await server.request('POST', `/api/0/organizations/${org.slug}/projects/`, { token: owner.token, body: project });
    assert.equal(made.status, 201);
  });
  after(() => server?.stop());

  function run(token: string | null, ...args: readonly string[]): Promise<Ended> {
    // No other variable of the environment: a SENTRY_… variable or a file in the home directory
    // would change the credentials.
    const env = { HOME: home, SENTRY_URL: server.url, ...(token === null ? {} : { SENTRY_AUTH_TOKEN: token }) };
    const child = spawn(SentryCli.getPath(), args, { cwd: home, env, stdio: ['ignore', 'pipe', 'pipe'] });
    return new Promise((resolve, reject) => {
      let [stdout, stderr] = ['', ''];
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
      });
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, stdout, stderr }));
    });
  }

  /** The cells of a printed table, without its head. */
  const rowsOf = ({ stdout }: Ended) =>
    stdout
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .slice(1)
      .map((line) =>
        line
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );

  function assertRefused({ code, stdout, stderr }: Ended, why: string): void {
    assert.deepEqual([code, stdout.includes('|')], [1, false], stdout);
    assert.ok(stderr.includes(`sentry reported an error: ${why}`), stderr);
  }

  async function anOrgToken(scopes: readonly string[] | null): Promise<string> {
    const body = { name: `token ${nextNumber()}`, ...(scopes ? { scopes } : {}) };
    const path = `/api/0/organizations/${org.slug}/org-auth-tokens/`;
    const made = await server.request('POST', path, { token: owner.token, body });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    return made.body.token;
  }

  it('[10.3] shows with `info` the user and the scopes of a user token', async () => {
    const { code, stdout } = await run(owner.token, 'info');
    assert.equal(code, 0, stdout);
    for (const text of [`Sentry Server: ${server.url}`, `User: ${owner.email}`, '- org:admin', '- project:releases']) {
      assert.ok(stdout.includes(text), stdout);
    }
  });

  it('[1.2, 5.4] lists all organizations, over as many pages as they take', async () => {
    const fresh = await aPerson(server);
    const slugs: string[] = [];
    const make = async () => {
      while (slugs.length < organizationsCount) {
        const slug = `listed-${nextNumber()}`;
        slugs.push(slug);
        const { status } = await server.operate('POST', '/organizations/', { name: slug, slug, ownerId: fresh.userId });
        assert.equal(status, 201);
      }
    };
    await Promise.all(Array.from({ length: makersCount }, make));
    const listed = await run(fresh.token, 'organizations', 'list');
    assert.equal(listed.code, 0, listed.stderr);
    assert.deepEqual(
      rowsOf(listed)
        .map(([, , slug]) => slug)
        .sort(),
      [...slugs].sort(),
    );
  });

  it('[9.1] lists the projects of an organization', async () => {
    const listed = await run(owner.token, 'projects', 'list', '-o', org.slug);
    assert.equal(listed.code, 0, listed.stderr);
    const team = `team-${owner.email.split('@')[0]}`;
    assert.deepEqual(
      rowsOf(listed).map(([, ...rest]) => rest),
      [['engine', team, 'Engine']],
    );
  });

  it('[2] reports that a revoked token is invalid', async () => {
    const gone = await aPerson(server);
    assert.equal((await run(gone.token, 'info')).code, 0);
    const removed = await server.operate('DELETE', `/users/${gone.userId}/tokens/${gone.tokenId}/`);
    assert.equal(removed.status, 204);
    for (const args of [['info'], ['organizations', 'list'], ['projects', 'list', '-o', org.slug]]) {
      assertRefused(await run(gone.token, ...args), 'Invalid token (http status: 401)');
    }
  });

  it('[10.1] accepts an organization token with the default scope, shows that scope, and reports an error for everything else', async () => {
    const token = await anOrgToken(null);
    const { code, stdout } = await run(token, 'info');
    assert.equal(code, 0, stdout);
    assert.deepEqual(stdout.match(/- [a-z]+:[a-z]+/g), ['- org:ci']);
    assert.ok(!stdout.includes('User:'), stdout);
    for (const args of [
      ['organizations', 'list'],
      ['projects', 'list'],
    ]) {
      assertRefused(await run(token, ...args), 'You do not have permission to perform this action. (http status: 403)');
    }
  });

  it('[10.1, 17.22] reads the organization that an organization token names, if its scopes allow that', async () => {
    const token = await anOrgToken(['org:read', 'project:read']);
    assert.deepEqual((await run(token, 'info')).stdout.match(/- [a-z]+:[a-z]+/g), ['- org:read', '- project:read']);
    assert.deepEqual(
      rowsOf(await run(token, 'organizations', 'list')).map(([id, , slug]) => [id, slug]),
      [[org.id, org.slug]],
    );
    // Without `-o`, the middle part of the token names the organization.
    assert.deepEqual(
      rowsOf(await run(token, 'projects', 'list')).map(([, slug]) => slug),
      ['engine'],
    );
  });

  it('[10.1] reports that a removed organization token is invalid', async () => {
    const token = await anOrgToken(['org:read']);
    const path = `/api/0/organizations/${org.slug}/org-auth-tokens/`;
    const [newest] = (await server.request('GET', path, { token: owner.token })).body.filter(
      ({ tokenLastCharacters }: { tokenLastCharacters: string }) => token.endsWith(tokenLastCharacters),
    );
    assert.equal((await server.request('DELETE', `${path}${newest.id}/`, { token: owner.token })).status, 204);
    assertRefused(await run(token, 'organizations', 'list'), 'Invalid org token (http status: 401)');
  });
});
