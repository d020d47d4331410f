import assert from 'node:assert/strict';
import { signOnLimits } from '../../server/src/features/single-sign-on/limits.ts';
import { makeSpCertificate } from '../../server/src/features/single-sign-on/saml/sp-certificate.ts';
import type { AttemptLimit } from '../../server/src/runtime/limits/attempt-limit.ts';
import { oidcConfig, providerPath, samlConfig } from '../support/auth-providers.ts';
import { eventually } from '../support/eventually.ts';
import { anOrgWithOwner, type OrgWithOwner } from '../support/logged-in.ts';
import { addSamlProvider } from '../support/saml/saml-login.ts';
import { startServer, type TestServer } from '../support/server.ts';

describe('a flood by an owner who sets up identity providers', () => {
  let server: TestServer;
  let org: OrgWithOwner;
  let others: OrgWithOwner;

  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());
  beforeEach(async () => {
    [org, others] = await Promise.all([anOrgWithOwner(server), anOrgWithOwner(server)]);
  });

  const call = async (method: string, of: OrgWithOwner, body?: object, below = '') => {
    const { status } = await server.request(method, `${providerPath(of)}${below}`, { cookie: of.cookie, ...(body && { body }) });
    return status;
  };
  const create = (of: OrgWithOwner) => call('POST', of, { key: 'saml2', config: samlConfig });
  const preview = (of: OrgWithOwner) => call('POST', of, { xml: 'not XML' }, 'metadata/');
  const exhaust = async (limit: AttemptLimit) => {
    for (let n = 0; n < limit.value; n++) await server.services.attempts.count(limit, `user:${org.owner.userId}`);
  };

  it('[H-01] has one key made at a time, while one more of the same user waits', async () => {
    let release = () => {};
    const held = () => new Promise<void>((resolve) => (release = resolve));
    const made = server.services.keyMaking.run(held, { keys: ['user:of another organization'] });
    const refused: number[] = [];
    const first = create(org);
    await eventually(() => assert.deepEqual(server.services.keyMaking.use, { running: 1, waiting: 1 }));
    for (let n = 0; n < 20; n++) refused.push(await create(org));
    assert.deepEqual(new Set(refused), new Set([429]));
    const theirs = create(others);
    await eventually(() => assert.deepEqual(server.services.keyMaking.use, { running: 1, waiting: 2 }));
    release();
    await made;
    assert.deepEqual(await Promise.all([first, theirs]), [201, 201]);
  });

  it('[H-01] has ten keys made in an hour, for new providers and for second certificates', async () => {
    await exhaust(signOnLimits.keysPerUser);
    assert.equal(await create(org), 429);
    assert.equal(await call('POST', org, { key: 'oidc', config: oidcConfig }), 201);
    assert.equal(await call('DELETE', org), 204);
    const { entity_id: entityId, sso_url: ssoUrl, x509certs: certificates } = samlConfig;
    await addSamlProvider(server, org.id, { entityId, ssoUrl, certificates, sp: await makeSpCertificate() });
    assert.equal(await call('POST', org, undefined, 'sp-certificate/'), 429);
    assert.equal(await create(others), 201);
  });

  it('[H-01] has metadata read twenty times in a minute, for previews, new providers and changes', async () => {
    for (let n = 0; n < signOnLimits.metadataReadsPerUser.value; n++) assert.equal(await preview(org), 400);
    assert.equal(await preview(org), 429);
    const config = { metadata_xml: 'not XML' };
    assert.equal(await call('POST', org, { key: 'saml2', config }), 429);
    assert.equal(await create(org), 201);
    assert.equal(await call('PUT', org, { config }), 429);
    assert.equal(await preview(others), 400);
  });

  it('[H-01] has larger metadata refused before it is parsed', async () => {
    assert.equal(await call('POST', org, { xml: 'x'.repeat(512 * 1024) }, 'metadata/'), 413);
    assert.equal(await call('POST', org, { key: 'saml2', config: { metadata_xml: 'x'.repeat(300 * 1024) } }), 400);
  });
});
