import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { eventually } from '../support/eventually.ts';
import { anOrgWithOwner, type OrgWithOwner } from '../support/logged-in.ts';
import { PageClient } from '../support/page-client.ts';
import { anOrganizationOf, aPerson, type Person } from '../support/provision.ts';
import { makeSamlIdp, makeSamlResponse, validParts } from '../support/saml/saml-idp.ts';
import { postSaml, readSamlRequest } from '../support/saml/saml-login.ts';
import type { Api, TestResponse } from '../support/server.ts';
import { aWebhook, webhooksPath } from '../support/webhooks.ts';
import type { OidcTarget, SamlTarget, Target, WebhookTarget } from './attack.ts';
import { hostileProviders } from './attacks/hostile-providers.ts';

/** Creates everything that the attacker has before the attacks. */

export interface TargetParts {
  readonly api: Api;
  readonly ports: readonly number[];
  readonly operatorToken: string;
  /** The organization of the honest clients, and its owner. */
  readonly slug: string;
  readonly owner: Person;
  readonly mailDirs: readonly string[];
  readonly receiverUrl: string;
  /** Where the attacker serves OpenID Connect providers. */
  readonly provider: Pick<OidcTarget, 'address' | 'port'>;
  readonly manyOrgs: number;
}

const password = 'correct horse battery staple';

export async function makeTarget(parts: TargetParts): Promise<Target> {
  const { api, ports, operatorToken, slug, owner, mailDirs, receiverUrl, provider, manyOrgs } = parts;
  const victimEmail = 'victim@example.com';
  await anAccountWithPassword(api, victimEmail);
  return {
    ports,
    slug,
    imagePath: await anImage(api, slug, owner),
    invite: await anInvite(api, slug, owner, mailDirs),
    account: await anAccountWithPassword(api, 'attacker@example.com'),
    victimEmail,
    saml: await aSamlProvider(api, `http://127.0.0.1:${ports[0]}`),
    oidc: { ...provider, organizations: await someOidcProviders(api, provider) },
    webhooks: await someWebhooks(api, receiverUrl),
    operator: {
      token: operatorToken,
      manyOrgsUserId: (await aUserOfMany(api, manyOrgs)).userId,
      historyOrgId: await anOrgWithHistory(api),
    },
  };
}

export async function anAccountWithPassword(api: Api, email: string): Promise<Target['account']> {
  const user = await api.operate('POST', '/users/', { email, name: 'An Account', password });
  const token = await api.operate('POST', `/users/${user.body.id}/tokens/`, { scopes: ['org:read', 'org:write', 'org:admin'] });
  return { token: token.body.token, email, password };
}

function succeeded(answer: TestResponse): TestResponse {
  assert.ok(answer.status < 300, JSON.stringify(answer.body));
  return answer;
}

/**
 * Creates an organization, and activates its SAML provider by a test. The provider has as many
 * certificates as a provider may have, and signs with the last one.
 */
async function aSamlProvider(api: Api, url: string): Promise<SamlTarget> {
  const { slug, id, cookie } = await anOrgWithOwner(api);
  const idp = await makeSamlIdp();
  const others = await Promise.all(Array.from({ length: 3 }, () => makeSamlIdp()));
  const base = `/api/0/organizations/${slug}/auth-provider/`;
  const call = async (method: string, below: string, body: object) =>
    succeeded(await api.request(method, `${base}${below}`, { cookie, body }));
  const x509certs = [...others, idp].map(({ certificate }) => certificate);
  const config = { entity_id: idp.entityId, sso_url: 'https://idp.example/sso', x509certs };
  const made = await call('POST', '', { key: 'saml2', config });
  const test = await call('POST', 'test/', {});
  const browser = new PageClient();
  for (const one of [cookie, ...test.headers.getSetCookie()]) browser.setCookie(url, one);
  const { request } = readSamlRequest(new URL(test.body.url));
  const posted = await postSaml(`${url}/saml/acs/${id}/`, await makeSamlResponse(validParts(idp, request)));
  await browser.get(new URL(posted.headers.get('location')!, url).href);
  await call('PUT', '', { active: true, scim_enabled: true });
  const { token } = (await call('POST', 'scim-token/', {})).body;
  const { origin } = new URL(made.body.details.acs_url);
  return { orgId: id, slug, cookie, origin, entityId: request.entityId, idp, scim: { token, ...(await aScimGroup(api, id, token)) } };
}

async function aScimGroup(api: Api, orgId: string, token: string) {
  const create = async (path: string, body: object): Promise<string> =>
    succeeded(await api.request('POST', `/api/0/organizations/${orgId}/scim/v2/${path}`, { token, body })).body.id;
  const userIds: string[] = [];
  for (let number = 0; number < 20; number++) {
    const schemas = ['urn:ietf:params:scim:schemas:core:2.0:User'];
    userIds.push(await create('Users', { schemas, userName: `scim-${number}@example.com`, active: true }));
  }
  const groupId = await create('Groups', { schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'], displayName: 'Group' });
  return { groupId, userIds };
}

/** Drafts, which their owners may test. */
async function someOidcProviders(api: Api, { address, port }: TargetParts['provider']): Promise<OidcTarget['organizations']> {
  const organizations: OidcTarget['organizations'][number][] = [];
  for (const name of hostileProviders) {
    const { slug, id, cookie } = await anOrgWithOwner(api);
    const config = { issuer: `http://${address}:${port}/${name}`, client_id: 'client', client_secret: 'a client secret' };
    succeeded(await api.request('POST', `/api/0/organizations/${slug}/auth-provider/`, { cookie, body: { key: 'oidc', config } }));
    organizations.push({ id, slug, cookie });
  }
  return organizations;
}

/** Tests of webhooks are limited per organization, so the attacker has several. */
async function someWebhooks(api: Api, url: string): Promise<readonly WebhookTarget[]> {
  const targets: WebhookTarget[] = [];
  for (let number = 0; number < 5; number++) {
    const org: OrgWithOwner = await anOrgWithOwner(api);
    for (let made = 0; made < 4; made++) {
      const { id } = await aWebhook(api, org, { url });
      targets.push({ cookie: org.cookie, path: webhooksPath(org, `${id}/test/`) });
    }
  }
  return targets;
}

async function aUserOfMany(api: Api, count: number): Promise<Person> {
  const person = await aPerson(api);
  let begun = 0;
  const makeOneByOne = async () => {
    while (begun++ < count) {
      succeeded(await api.operate('POST', '/organizations/', { name: `Many ${begun}`, ownerId: person.userId }));
    }
  };
  await Promise.all(Array.from({ length: 8 }, makeOneByOne));
  return person;
}

/** Each revision is one that an erasure reads. */
async function anOrgWithHistory(api: Api): Promise<string> {
  const owner = await aPerson(api);
  const org = await anOrganizationOf(api, owner);
  for (let number = 0; number < 100; number++) {
    const body = { name: `The org (role: owner) of example.com ${number}` };
    succeeded(await api.request('PUT', `/api/0/organizations/${org.slug}/`, { token: owner.token, body }));
  }
  return org.id;
}

/** A PNG header followed by four megabytes. */
async function anImage(api: Api, slug: string, { token }: Person): Promise<string> {
  const image = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), randomBytes(4 * 1024 * 1024)]);
  const body = { avatarType: 'upload', avatar: image.toString('base64') };
  const answer = await api.request('PUT', `/api/0/organizations/${slug}/`, { token, body });
  return `/organization-avatar/${answer.body.avatar.avatarUuid}/`;
}

async function anInvite(api: Api, slug: string, { token }: Person, mailDirs: readonly string[]): Promise<Target['invite']> {
  const answer = await api.request('POST', `/api/0/organizations/${slug}/members/`, { token, body: { email: 'invitee@example.com' } });
  const accept = new RegExp(`/accept/#${answer.body.id}\\.([0-9a-f]{64})`);
  return eventually(() => {
    for (const dir of mailDirs.filter((one) => existsSync(one))) {
      for (const file of readdirSync(dir)) {
        const text = readFileSync(path.join(dir, file), 'utf8').replace(/=\r?\n/g, '');
        const [, found] = accept.exec(text) ?? [];
        if (found) return { id: answer.body.id, token: found };
      }
    }
    throw new Error('the mail with the invite has not arrived');
  });
}
