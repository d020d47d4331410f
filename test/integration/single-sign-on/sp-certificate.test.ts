import assert from 'node:assert/strict';
import { verify, X509Certificate } from 'node:crypto';
import { configureProvider, providerPath, putProvider, samlConfig } from '../../support/auth-providers.ts';
import { anOrgWithOwner, type OrgWithOwner } from '../../support/logged-in.ts';
import { beginSaml } from '../../support/saml/saml-login.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { storedRecords } from '../../support/stored-records.ts';

describe('the certificate of this server for a SAML provider', () => {
  let server: TestServer;
  let org: OrgWithOwner;

  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());
  beforeEach(async () => {
    org = await anOrgWithOwner(server);
  });

  const post = (below: string) => server.request('POST', `${providerPath(org)}sp-certificate/${below}`, { cookie: org.cookie });
  const fingerprintsOf = (details: { sp_certificates: { fingerprint: string }[] }) =>
    details.sp_certificates.map(({ fingerprint }) => fingerprint);

  /** The fingerprints of the certificates in the metadata of this server. */
  async function metadataOf(): Promise<Record<'signing' | 'encryption', X509Certificate[]>> {
    const xml = await (await fetch(`${server.url}/saml/metadata/${org.id}/`)).text();
    const found = { signing: [] as X509Certificate[], encryption: [] as X509Certificate[] };
    for (const [, use, base64] of xml.matchAll(/use="(signing|encryption)">.*?<ds:X509Certificate>([^<]+)</g)) {
      found[use as keyof typeof found].push(new X509Certificate(Buffer.from(base64!, 'base64')));
    }
    return found;
  }

  async function assertSignedBy(certificate: X509Certificate): Promise<void> {
    const { url } = await beginSaml(server.url, org);
    const [signed, signature] = url.search.slice(1).split('&Signature=');
    const isValid = verify('sha256', Buffer.from(signed!), certificate.publicKey, Buffer.from(decodeURIComponent(signature!), 'base64'));
    assert.ok(isValid, 'the request is not signed with this certificate');
  }

  it('[13.4] gets a successor in two steps: the metadata has both, and the second signs once it is activated', async () => {
    const { details } = await configureProvider(server, org, { key: 'saml2', config: samlConfig });
    const [first] = fingerprintsOf(details);
    const initial = await metadataOf();
    assert.deepEqual(
      [initial.signing, initial.encryption].map((list) => list.map(({ fingerprint256 }) => fingerprint256)),
      [[first], [first]],
    );

    const added = await post('');
    assert.equal(added.status, 201, JSON.stringify(added.body));
    const [, second] = fingerprintsOf(added.body.details);
    assert.deepEqual(fingerprintsOf(added.body.details), [first, second]);
    assert.equal((await post('')).status, 409);
    const during = await metadataOf();
    assert.deepEqual(
      during.signing.map(({ fingerprint256 }) => fingerprint256),
      [first, second],
    );
    assert.deepEqual(
      during.encryption.map(({ fingerprint256 }) => fingerprint256),
      [second],
    );
    await assertSignedBy(during.signing[0]!);
    const edited = await putProvider(server, org, { config: { ...samlConfig, signed: 'both' } });
    assert.deepEqual(fingerprintsOf(edited.details), [first, second]);

    const activated = await post('activate/');
    assert.deepEqual([activated.status, fingerprintsOf(activated.body.details)], [200, [second]]);
    await assertSignedBy(during.signing[1]!);
    assert.deepEqual(
      (await metadataOf()).signing.map(({ fingerprint256 }) => fingerprint256),
      [second],
    );
    assert.equal((await post('activate/')).status, 404);

    const { db } = server.services;
    const stored = await db.selectFrom('org_secrets').select('name').where('organization_id', '=', org.id).execute();
    assert.deepEqual(stored, [{ name: 'sp-key' }]);
    const entries = await storedRecords(server, org.id, 'audit-entry');
    const changes = entries.map(({ data }) => data.sp_certificate).filter((change) => change !== undefined);
    assert.deepEqual(changes, ['created', 'activated']);
  });

  it('[13.4] has one successor when two owners create one at once', async () => {
    await configureProvider(server, org, { key: 'saml2', config: samlConfig, isActive: false });
    const responses = await Promise.all([post(''), post('')]);
    assert.deepEqual(responses.map(({ status }) => status).toSorted(), [201, 409]);
  });

  it('[13.4] does not exist for OpenID Connect, or without a provider', async () => {
    assert.deepEqual([(await post('')).status, (await post('activate/')).status], [404, 404]);
    const { details } = await configureProvider(server, org, { isActive: false });
    assert.deepEqual(details.sp_certificates, []);
    assert.deepEqual([(await post('')).status, (await post('activate/')).status], [404, 404]);
  });
});
