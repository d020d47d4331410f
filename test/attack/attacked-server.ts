import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { anOrgWithOwner } from '../support/logged-in.ts';
import { PageClient } from '../support/page-client.ts';
import { startPostgres } from '../support/postgres.ts';
import { startProcess } from '../support/process.ts';
import { addMember, anOrganizationOf, aPerson, type Person } from '../support/provision.ts';
import { startRedis } from '../support/redis.ts';
import { makeTemporaryDirectory } from '../support/run-directory.ts';
import { makeSamlIdp, makeSamlResponse, validParts } from '../support/saml/saml-idp.ts';
import { postSaml, readSamlRequest } from '../support/saml/saml-login.ts';
import { type Api, apiOf } from '../support/server.ts';
import type { SamlTarget, Target } from './attack.ts';

/** The victim: one built server on a real PostgreSQL and Redis, in a separate process. */
export interface AttackedServer {
  readonly url: string;
  readonly pid: number;
  /** The URL of the process's inspector. */
  readonly inspectorUrl: string;
  readonly slug: string;
  readonly api: Api;
  readonly owner: Person;
  readonly members: readonly Person[];
  /** The address and password of a user who logs in during the attack. */
  readonly login: { readonly username: string; readonly password: string };
  readonly target: Target;
  /** Null while the server runs, otherwise how it ended. */
  readonly end: () => string | null;
  stop(): Promise<void>;
}

const password = 'correct horse battery staple';

export async function startAttackedServer(memberCount: number): Promise<AttackedServer> {
  const [postgres, redis, port] = await Promise.all([startPostgres({ own: true }), startRedis({ own: true }), freePort()]);
  const database = await postgres.createDatabase();
  const dataDir = makeTemporaryDirectory('data');
  const operatorToken = randomBytes(24).toString('hex');
  const server = startProcess(
    ['start'],
    {
      PORT: String(port),
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      DATA_DIR: dataDir,
      SECRET: randomBytes(24).toString('hex'),
      OPERATOR_TOKEN: operatorToken,
      LOG_LEVEL: 'error',
    },
    { script: 'server/dist/main.js', nodeArgs: ['--inspect=127.0.0.1:0'] },
  );
  let end: string | null = null;
  server.exit.then(({ code, signal }) => {
    end = `the server ended with ${signal ?? `code ${code}`}: ${server.stderr.slice(-2_000)}`;
  });
  const [, inspectorUrl = ''] = await server.waitForLine(/^Debugger listening on (ws:\S+)$/);
  await server.waitForLine(/is ready on/, 30_000);

  const url = `http://127.0.0.1:${port}`;
  const api = apiOf(url, operatorToken);
  const owner = await aPerson(api, { hasSecondFactor: true });
  const org = await anOrganizationOf(api, owner);
  const members: Person[] = [];
  for (let number = 0; number < memberCount; number++) {
    const person = await aPerson(api);
    await addMember(api, org, person, 'member');
    members.push(person);
  }
  const stop = async () => {
    await server.kill('SIGTERM');
    await Promise.all([postgres.stop(), redis.stop()]);
  };
  const target = {
    port,
    slug: org.slug,
    imagePath: await anImage(api, org.slug, owner),
    invite: await anInvite(api, org.slug, owner, path.join(dataDir, 'mail')),
    account: await anAccount(api, 'attacker@example.com'),
    victimEmail: 'victim@example.com',
    saml: await aSamlProvider(api, url),
  };
  await anAccount(api, target.victimEmail);
  const honest = await anAccount(api, 'honest@example.com');
  const login = { username: honest.email, password };
  return { url, pid: server.pid, inspectorUrl, slug: org.slug, api, owner, members, login, target, end: () => end, stop };
}

async function anAccount(api: Api, email: string): Promise<Target['account']> {
  const user = await api.operate('POST', '/users/', { email, name: 'An Account', password });
  const token = await api.operate('POST', `/users/${user.body.id}/tokens/`, { scopes: ['org:read', 'org:write', 'org:admin'] });
  return { token: token.body.token, email, password };
}

/** Creates an organization, and activates its SAML provider by a test. */
async function aSamlProvider(api: Api, url: string): Promise<SamlTarget> {
  const { slug, id, cookie } = await anOrgWithOwner(api);
  const idp = await makeSamlIdp();
  const path = `/api/0/organizations/${slug}/auth-provider/`;
  const call = async (method: string, below: string, body: object) => {
    const answer = await api.request(method, `${path}${below}`, { cookie, body });
    assert.ok(answer.status < 300, JSON.stringify(answer.body));
    return answer;
  };
  const config = { entity_id: idp.entityId, sso_url: 'https://idp.example/sso', x509certs: [idp.certificate] };
  const made = await call('POST', '', { key: 'saml2', config });
  const test = await call('POST', 'test/', {});
  const browser = new PageClient();
  for (const one of [cookie, ...test.headers.getSetCookie()]) browser.setCookie(url, one);
  const { request } = readSamlRequest(new URL(test.body.url));
  const posted = await postSaml(`${url}/saml/acs/${id}/`, await makeSamlResponse(validParts(idp, request)));
  await browser.get(new URL(posted.headers.get('location')!, url).href);
  await call('PUT', '', { active: true });
  return { orgId: id, origin: new URL(made.body.details.acs_url).origin };
}

/** A PNG header followed by four megabytes. */
async function anImage(api: Api, slug: string, { token }: Person): Promise<string> {
  const image = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), randomBytes(4 * 1024 * 1024)]);
  const body = { avatarType: 'upload', avatar: image.toString('base64') };
  const answer = await api.request('PUT', `/api/0/organizations/${slug}/`, { token, body });
  return `/organization-avatar/${answer.body.avatar.avatarUuid}/`;
}

async function anInvite(api: Api, slug: string, { token }: Person, mailDir: string): Promise<Target['invite']> {
  const answer = await api.request('POST', `/api/0/organizations/${slug}/members/`, { token, body: { email: 'invitee@example.com' } });
  const accept = new RegExp(`/accept/${answer.body.id}/#?([0-9a-f]{64})`);
  return eventually(() => {
    for (const file of readdirSync(mailDir)) {
      const text = readFileSync(path.join(mailDir, file), 'utf8').replace(/=\r?\n/g, '');
      const [, found] = accept.exec(text) ?? [];
      if (found) return { id: answer.body.id, token: found };
    }
    throw new Error('the mail with the invite has not arrived');
  });
}
