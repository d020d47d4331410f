import assert from 'node:assert/strict';
import { sql } from 'kysely';
import {
  configureProvider,
  idpCertificate,
  markTested,
  oidcConfig,
  providerPath,
  putProvider,
  samlConfig,
} from '../../support/auth-providers.ts';
import { ForeignServer } from '../../support/foreign-server.ts';
import { personOf, setUpSecondFactor } from '../../support/log-in.ts';
import { aLoggedInMember, anOrgWithOwner, type OrgWithOwner } from '../../support/logged-in.ts';
import { addMember, revisionOf } from '../../support/provision.ts';
import { bindSession, changeFlags, changeOrganization, changeRecords, linkIdentity } from '../../support/security-records.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { storedRecords } from '../../support/stored-records.ts';

describe('an identity provider', () => {
  let server: TestServer;
  let foreign: ForeignServer;
  let metadata: string;
  let org: OrgWithOwner;

  before(async () => {
    server = await startServer({ OUTBOUND_ALLOWED: '127.0.0.1' });
    foreign = await ForeignServer.start((_request, response) => response.end(metadata));
    metadata =
      '<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example.com/metadata">' +
      '<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">' +
      '<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>' +
      `<ds:X509Certificate>${idpCertificate.base64}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>` +
      '<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example.com/sso"/>' +
      '</md:IDPSSODescriptor></md:EntityDescriptor>';
  });
  after(async () => {
    await server?.stop();
    await foreign?.stop();
  });
  beforeEach(async () => {
    org = await anOrgWithOwner(server);
  });

  const call = (method: string, body?: object, below = '') =>
    server.request(method, `${providerPath(org)}${below}`, { cookie: org.cookie, ...(body && { body }) });
  const recordsOf = (kind: string) => storedRecords(server, org.id, kind);
  async function eventsOf() {
    const entries = (await recordsOf('audit-entry')) as { event: string; data: Record<string, string> }[];
    return entries.filter(({ event }) => event.startsWith('sso') || event === 'org.edit').map(({ event, data }) => ({ event, data }));
  }

  it('[13.4] begins as a draft that only owners see, and shows no secret', async () => {
    assert.equal((await call('GET')).status, 204);
    const made = await call('POST', { key: 'oidc', config: oidcConfig });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    const { publicUrl } = server.services;
    const { details, id, ...shown } = made.body;
    assert.deepEqual(shown, {
      provider_name: 'oidc',
      pending_links_count: 1,
      login_url: `${publicUrl}/auth/login/${org.slug}/`,
      default_role: 'member',
      require_link: false,
      scim_enabled: false,
    });
    assert.deepEqual(details.config, {
      ...oidcConfig,
      client_secret: '***',
      scopes: 'openid email profile',
      auth_method: 'client_secret_post',
      domains: [],
    });
    assert.deepEqual(
      [details.status, details.jit, details.sessionHours, details.generation, details.issuer],
      ['draft', 'off', 168, 1, oidcConfig.issuer],
    );
    assert.deepEqual([details.redirect_uri, details.acs_url], [`${publicUrl}/auth/oidc/${org.id}/callback/`, null]);
    const read = await call('GET');
    assert.deepEqual(read.body, made.body);
    assert.equal(read.headers.get('x-org-revision'), made.headers.get('x-org-revision'));
    const { cookie } = await aLoggedInMember(server, org, 'manager');
    assert.equal((await server.request('GET', providerPath(org), { cookie })).status, 204);
    assert.deepEqual(await recordsOf('auth-provider').then(([one]) => 'client_secret' in one), false);
    const again = await call('POST', { key: 'oidc', config: oidcConfig });
    assert.deepEqual([again.status, again.body], [409, { detail: 'This organization already has an identity provider.' }]);
  });

  it('[13.4] lists the providers, whose features the organization has', async () => {
    const { body } = await server.request('GET', `/api/0/organizations/${org.slug}/auth-providers/`, { cookie: org.cookie });
    assert.deepEqual(body[0], { key: 'google', name: 'Google', requiredFeature: 'organizations:sso-basic' });
    assert.deepEqual(
      body.map(({ key }: { key: string }) => key),
      ['google', 'oidc', 'okta', 'onelogin', 'active-directory', 'jumpcloud', 'auth0', 'saml2'],
    );
    const { body: details } = await server.request('GET', `/api/0/organizations/${org.slug}/?include_feature_flags=1`, {
      cookie: org.cookie,
    });
    assert.deepEqual(
      details.features.filter((feature: string) => feature.startsWith('sso')),
      ['sso-basic', 'sso-saml2'],
    );
  });

  it('[13.4] accepts a SAML provider as values or as metadata, and creates a key for it', async () => {
    const made = await call('POST', { key: 'okta', config: samlConfig });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    const { details } = made.body;
    assert.deepEqual(details.certificates, [{ fingerprint: idpCertificate.fingerprint, notAfter: idpCertificate.notAfter }]);
    assert.match(details.config.x509certs[0], /^-----BEGIN CERTIFICATE-----\n/);
    assert.equal(details.acs_url, `${server.services.publicUrl}/saml/acs/${org.id}/`);
    const stored = await server.services.db.selectFrom('org_secrets').select('name').where('organization_id', '=', org.id).execute();
    assert.deepEqual(stored, [{ name: 'sp-key' }]);

    const url = `http://127.0.0.1:${foreign.port}/metadata`;
    const imported = await putProvider(server, org, { config: { metadata_url: url } });
    assert.deepEqual(imported.details.config, { ...details.config, metadata_url: url });
    const revision = imported.details.generation;
    const edited = await putProvider(server, org, { config: { ...imported.details.config, encrypt: true } });
    assert.deepEqual([edited.details.config.encrypt, edited.details.config.metadata_url], [true, url]);
    assert.equal(edited.details.generation, revision);
    assert.equal((await call('PUT', { config: { metadata_url: url, metadata_xml: metadata } })).status, 400);
    const unreachable = await call('PUT', { config: { metadata_url: 'https://169.254.169.254/' } });
    assert.deepEqual(
      [unreachable.status, unreachable.body],
      [
        400,
        {
          config: [
            'metadata_url: This server may not call that URL. Use a public URL that begins with https://, or ask the operator to allow this one with OUTBOUND_ALLOWED.',
          ],
        },
      ],
    );
  });

  it('[13.4] reads its own values again from metadata of several providers, as the console asks', async () => {
    const single = metadata;
    const other = single.replace(/entityID="[^"]+"/, 'entityID="https://other.example.com"');
    metadata = `<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">${other}${single}</md:EntitiesDescriptor>`;
    try {
      const url = `http://127.0.0.1:${foreign.port}/metadata`;
      const unknown = await call('POST', { key: 'saml2', config: { metadata_url: url } });
      assert.match(unknown.body.config[0], /several identity providers/);
      const chosen = { metadata_url: url, entity_id: samlConfig.entity_id };
      assert.equal((await call('POST', { key: 'saml2', config: chosen })).status, 201);
      const { details } = await putProvider(server, org, { config: { metadata_url: url } });
      assert.deepEqual([details.config.entity_id, details.generation], [samlConfig.entity_id, 1]);
      assert.equal((await call('POST', { url }, 'metadata/')).body.entityId, samlConfig.entity_id);
    } finally {
      metadata = single;
    }
  });

  it('[13.4] previews metadata from a URL and from a text, and saves nothing', async () => {
    const before = revisionOf(await call('GET'));
    const byUrl = await call('POST', { url: `http://127.0.0.1:${foreign.port}/metadata` }, 'metadata/');
    assert.equal(byUrl.status, 200, JSON.stringify(byUrl.body));
    const { fingerprint, notAfter } = idpCertificate;
    assert.deepEqual(byUrl.body, {
      entityId: samlConfig.entity_id,
      ssoUrl: samlConfig.sso_url,
      ssoBinding: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect',
      certificates: [{ fingerprint, notAfter }],
      nameIdFormats: [],
      wantsSignedRequests: false,
      warnings: [],
    });
    assert.deepEqual((await call('POST', { xml: metadata }, 'metadata/')).body, byUrl.body);
    assert.equal((await call('POST', { xml: '<a/>' }, 'metadata/')).status, 400);
    assert.deepEqual((await call('POST', { url: 'https://127.0.0.1.evil.invalid/' }, 'metadata/')).status, 400);
    assert.equal(revisionOf(await call('GET')), before);
    assert.equal((await call('GET')).status, 204);
  });

  it('[13.4] activates after a test only, and then no longer requires a second factor', async () => {
    await configureProvider(server, org, { isActive: false });
    await changeRecords(server, org.id, (state) => changeOrganization(state, { require2FA: true }));
    await setUpSecondFactor(server, org.cookie);
    const early = await call('PUT', { active: true });
    assert.deepEqual([early.status, early.body], [400, { active: ['Test the provider with its current configuration first.'] }]);
    await markTested(server, org.id);
    const active = await putProvider(server, org, { active: true });
    assert.equal(active.details.status, 'active');
    const [organization] = await recordsOf('organization');
    assert.deepEqual([organization.hasAuthProvider, organization.requiresSso, organization.require2FA], [true, false, false]);
    const events = await eventsOf();
    const data = { id: active.id, provider: 'oidc' };
    assert.deepEqual(events.slice(-2), [
      { event: 'sso.enable', data },
      { event: 'org.edit', data: { require_2fa: 'to False when enabling SSO' } },
    ]);
    const off = await putProvider(server, org, { active: false });
    assert.equal(off.details.status, 'draft');
    assert.deepEqual((await recordsOf('organization'))[0].hasAuthProvider, false);
  });

  it('[S-64] stays if a change has a misspelt key beside others', async () => {
    await configureProvider(server, org, { isActive: false });
    const before = await recordsOf('auth-provider');
    const { status, body } = await call('PUT', { session_hours: 5, require_links: true, jit: 'domains' });
    assert.deepEqual([status, body], [400, { require_links: ['This field is unknown.'] }]);
    assert.deepEqual(await recordsOf('auth-provider'), before);
  });

  it('[S-64] stays if a configuration has a misspelt key, which would reset the meant one', async () => {
    const attributes = { identifier: 'employee' };
    const config = { ...samlConfig, signed: 'both', attributes };
    await configureProvider(server, org, { key: 'saml2', config, isActive: false });
    const before = await call('GET');
    const { attributes: meant, signed, ...rest } = config;
    const cases = [
      [{ ...rest, signed, atributes: meant }, 'atributes'],
      [{ ...rest, attributes, Signed: signed }, 'Signed'],
      [{ ...config, attributes: { ...attributes, identifer: 'employee' } }, 'attributes: identifer'],
    ] as const;
    for (const [wrong, key] of cases) {
      const { status, body } = await call('PUT', { config: wrong });
      assert.deepEqual([status, body], [400, { config: [`${key}: This field is unknown.`] }]);
    }
    assert.deepEqual((await call('GET')).body, before.body);
    const sentBack = await call('PUT', { config: before.body.details.config });
    assert.deepEqual([sentBack.status, sentBack.body], [200, before.body]);
  });

  it('[S-64] accepts the keys of a response beside those of its own provider', async () => {
    const google = { client_id: 'rollcall', client_secret: 'a-client-secret', domains: ['example.com'] };
    const made = await call('POST', { key: 'google', config: { ...google, scope: 'openid' } });
    assert.deepEqual([made.status, made.body], [400, { config: ['scope: This field is unknown.'] }]);
    for (const [key, config] of [
      ['google', google],
      ['oidc', oidcConfig],
    ] as const) {
      const { body } = await call('POST', { key, config });
      const sentBack = await call('PUT', { config: body.details.config });
      assert.deepEqual([sentBack.status, sentBack.body], [200, body]);
      await call('DELETE');
    }
  });

  it('[13.4] has to be tested again after each change of its configuration, and keeps the secret for ***', async () => {
    await configureProvider(server, org, { isActive: false });
    await markTested(server, org.id);
    const same = await putProvider(server, org, { config: { ...oidcConfig, client_secret: '***' } });
    assert.notEqual(same.details.lastTestedAt, null);
    const changed = await putProvider(server, org, { config: { ...oidcConfig, client_secret: '***', scopes: 'openid email' } });
    assert.deepEqual([changed.details.lastTestedAt, changed.details.generation], [null, 1]);
    await markTested(server, org.id);
    const rotated = await putProvider(server, org, { config: { ...oidcConfig, client_secret: 'another', scopes: 'openid email' } });
    assert.equal(rotated.details.lastTestedAt, null);
    const stolen = await call('PUT', { config: { ...oidcConfig, issuer: 'https://evil.example.com', client_secret: '***' } });
    assert.equal(stolen.status, 400);
    assert.match(stolen.body.config[0], /^client_secret: Enter the client secret/);
    assert.ok(!JSON.stringify(await eventsOf()).includes('another'));
  });

  it('[13.4] ends logins and tests in progress when its configuration changes', async () => {
    const { id } = await configureProvider(server, org, { isActive: false });
    const { db } = server.services;
    const flow = { organization_id: org.id, provider_id: id, generation: 1, purpose: 'test' };
    await db
      .insertInto('sso_flows')
      .values({ ...flow, handle_hash: `handle-${id}`, request_key: `request-${id}` })
      .execute();
    const flows = () => db.selectFrom('sso_flows').select('handle_hash').where('provider_id', '=', id).execute();
    await putProvider(server, org, { session_hours: 24 });
    assert.equal((await flows()).length, 1);
    await putProvider(server, org, { config: { ...oidcConfig, client_secret: 'another' } });
    assert.deepEqual(await flows(), []);
  });

  it('[13.4] [S-55] leaves its client secret in no table, response, record or audit entry', async () => {
    const secret = `secret-of-${org.id}`;
    const made = await configureProvider(server, org, { config: { ...oidcConfig, client_secret: secret } });
    const shown = [made, (await call('GET')).body, await server.operate('GET', `/organizations/${org.id}/state/`)];
    assert.ok(!JSON.stringify(shown).includes(secret));
    const { db } = server.services;
    const { rows: tables } = await sql<{ name: string }>`SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`.execute(db);
    for (const { name } of tables) {
      const found = await sql`SELECT 1 FROM ${sql.table(name)} AS t WHERE t::text LIKE ${`%${secret}%`}`.execute(db);
      assert.deepEqual(found.rows, [], name);
    }
  });

  it('[13.4] makes all identities invalid when it becomes another provider', async () => {
    await configureProvider(server, org);
    const person = await aLoggedInMember(server, org);
    const { cookie } = person;
    await bindSession(server, cookie, await linkIdentity(server, org.id, person), { isSsoSession: true });
    const read = () => server.request('GET', `/api/0/organizations/${org.slug}/`, { cookie });
    assert.equal((await read()).status, 200);
    const after = await putProvider(server, org, { config: { ...oidcConfig, client_id: 'another', client_secret: 'new' } });
    assert.equal(after.details.generation, 2);
    assert.equal((await read()).body.detail.code, 'sso-required');
    const members = (await recordsOf('member')) as { id: string; flags: Record<string, boolean> }[];
    const { flags } = members.find(({ id }) => id === person.memberId)!;
    assert.deepEqual([flags['sso:linked'], flags['sso:invalid']], [true, true]);
    assert.deepEqual((await eventsOf()).at(-1)?.data, { id: after.id, provider: 'oidc', config: 'changed', identities: 'made invalid' });
  });

  it('[13.4] accepts a default role within the caller’s, except owner, and 1 to 720 hours', async () => {
    await configureProvider(server, org, { isActive: false });
    const put = async (body: object) => {
      const { status, body: errors } = await call('PUT', body);
      return [status, errors];
    };
    assert.deepEqual(await put({ default_role: 'owner' }), [400, { default_role: ['"owner" is not a valid choice.'] }]);
    assert.deepEqual(await put({ session_hours: 721 }), [400, { session_hours: ['Ensure this value is less than or equal to 720.'] }]);
    assert.deepEqual(await put({ jit: 'all' }), [400, { jit: ['"all" is not a valid choice.'] }]);
    const changed = await putProvider(server, org, { default_role: 'manager', session_hours: 720, jit: 'domains', scim_enabled: true });
    assert.deepEqual(
      [changed.default_role, changed.details.sessionHours, changed.details.jit, changed.scim_enabled],
      ['manager', 720, 'domains', true],
    );
    const revision = revisionOf(await call('GET'));
    await putProvider(server, org, { default_role: 'manager' });
    assert.equal(revisionOf(await call('GET')), revision, 'a change that changes nothing made a revision');
    const headers = { 'If-Match': String(revision - 1) };
    const late = await server.request('PUT', providerPath(org), { cookie: org.cookie, headers, body: { jit: 'off' } });
    assert.equal(late.status, 412);
  });

  it('[13.4] leaves nothing when it is removed, and users without a password are mailed', async () => {
    await configureProvider(server, org);
    const { db } = server.services;
    const user = await server.operate('POST', '/users/', { email: `only-sso-${org.id}@example.com`, name: 'Only SSO' });
    const person = personOf(user.body);
    await addMember(server, org, person, 'member');
    await linkIdentity(server, org.id, person);
    await putProvider(server, org, { scim_enabled: true });
    const token = await call('POST', undefined, 'scim-token/');
    assert.equal(token.status, 201, JSON.stringify(token.body));
    await changeRecords(server, org.id, (state) => changeFlags(state, person.memberId!, { 'idp:provisioned': true }));
    const gone = await call('DELETE');
    assert.equal(gone.status, 204, JSON.stringify(gone.body));
    assert.deepEqual(await recordsOf('auth-provider'), []);
    const [organization] = await recordsOf('organization');
    assert.deepEqual([organization.hasAuthProvider, organization.requiresSso], [false, false]);
    const members = (await recordsOf('member')) as { flags: Record<string, boolean> }[];
    assert.ok(members.every(({ flags }) => !flags['sso:linked'] && !flags['sso:invalid'] && !flags['idp:provisioned']));
    assert.deepEqual(await recordsOf('auth-token'), []);
    for (const table of ['sso_identities', 'auth_provider_configs', 'org_secrets'] as const) {
      const rows = await db.selectFrom(table).select('organization_id').where('organization_id', '=', org.id).execute();
      assert.deepEqual(rows, [], table);
    }
    const tokens = await db.selectFrom('email_tokens').select('purpose').where('user_id', '=', person.userId).execute();
    assert.deepEqual(tokens, [{ purpose: 'password-reset' }]);
    assert.deepEqual((await eventsOf()).at(-1)?.event, 'sso.disable');
    assert.equal((await call('DELETE')).status, 404);
    assert.equal((await call('POST', { key: 'oidc', config: oidcConfig })).status, 201);
  });
});
