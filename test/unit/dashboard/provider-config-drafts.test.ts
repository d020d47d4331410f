import assert from 'node:assert/strict';
import {
  certificatesOf,
  configErrorsOf,
  configOf,
  draftOf,
  fieldsOf,
  isOtherProvider,
  type SavedConfig,
  whyNotSave,
} from '../../../dashboard/src/pages/single-sign-on/config-draft.ts';

const oidc: SavedConfig = {
  issuer: 'https://idp.example.com',
  client_id: 'rollcall',
  client_secret: '***',
  scopes: 'openid email',
  auth_method: 'client_secret_basic',
  domains: [],
};
const pem = (text: string) => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----`;
const saml: SavedConfig = {
  entity_id: 'https://idp.example.com/metadata',
  sso_url: 'https://idp.example.com/sso',
  x509certs: [pem('one'), pem('two')],
  metadata_url: null,
  attributes: { identifier: 'uid', user_email: null, first_name: null, last_name: null },
  signed: 'both',
  encrypt: true,
};

describe('drafts of a provider’s configuration', () => {
  it('sends saved values back unchanged, and keeps the secret while the field is empty', () => {
    const { domains, ...kept } = oidc;
    assert.deepEqual(configOf('oidc', draftOf(oidc), oidc), kept);
    assert.deepEqual(domains, []);
    const { metadata_url, ...values } = saml;
    assert.equal(metadata_url, null);
    assert.deepEqual(configOf('saml', draftOf(saml), saml), values);
    const contexts = { acr_values: ['phr', 'https://refeds.org/profile/mfa'] };
    assert.deepEqual(configOf('oidc', draftOf({ ...oidc, ...contexts }), oidc), { ...kept, ...contexts });
    assert.deepEqual(configOf('saml', draftOf({ ...saml, authn_contexts: ['phr'] }), saml), { ...values, authn_contexts: ['phr'] });
    const fromUrl = { ...saml, metadata_url: 'https://idp.example.com/md' };
    assert.deepEqual(Object.keys(configOf('saml', draftOf(fromUrl), fromUrl)), ['metadata_url', 'signed', 'encrypt', 'attributes']);
  });

  it('splits domains and certificates', () => {
    const google = configOf('google', { ...draftOf(null), clientId: 'a', clientSecret: 'b', domains: 'example.com\n example.org, ' }, null);
    assert.deepEqual(google, { client_id: 'a', client_secret: 'b', domains: ['example.com', 'example.org'] });
    assert.deepEqual(certificatesOf(`${pem('one')}\n\n${pem('two')}\n`), [pem('one'), pem('two')]);
    assert.deepEqual(certificatesOf(' MIIB\n'), ['MIIB']);
    assert.deepEqual(certificatesOf(' '), []);
  });

  it('recognizes values that name another provider, whose members have to link again', () => {
    assert.equal(isOtherProvider('oidc', { ...draftOf(oidc), clientSecret: 'new' }, oidc, null), false);
    assert.equal(isOtherProvider('oidc', { ...draftOf(oidc), issuer: 'https://other.example.com' }, oidc, null), true);
    assert.equal(isOtherProvider('google', { ...draftOf(oidc), clientId: 'other' }, oidc, null), true);
    assert.equal(isOtherProvider('saml', { ...draftOf(saml), ssoUrl: 'https://idp.example.com/new' }, saml, null), false);
    assert.equal(isOtherProvider('saml', { ...draftOf(saml), entityId: 'other' }, saml, null), true);
    assert.equal(isOtherProvider('saml', { ...draftOf(saml), identifier: '' }, saml, null), true);
    assert.equal(isOtherProvider('saml', { ...draftOf(saml), identifier: ' uid ', userEmail: 'mail' }, saml, null), false);
    const imported = { ...draftOf(saml), source: 'url' as const, metadataUrl: 'https://idp.example.com/md' };
    assert.equal(isOtherProvider('saml', imported, saml, null), null, 'unknown before the metadata was read');
    assert.equal(isOtherProvider('saml', imported, saml, 'other'), true);
    assert.equal(isOtherProvider('saml', imported, saml, saml.entity_id), false);
  });

  it('states which value is missing', () => {
    assert.equal(whyNotSave('oidc', draftOf(null), true), 'Enter the issuer.');
    assert.equal(whyNotSave('oidc', draftOf(oidc), true), 'Enter the client secret.');
    assert.equal(whyNotSave('oidc', draftOf(oidc), false), null);
    assert.equal(whyNotSave('google', draftOf(oidc), false), 'Enter at least one domain.');
    assert.equal(whyNotSave('saml', draftOf(null), true), 'Enter the metadata URL.');
    assert.equal(whyNotSave('saml', draftOf(saml), false), null);
  });

  it('finds the field of an error', () => {
    const errors = configErrorsOf(['issuer: Enter a URL.', 'Send exactly one of metadata_url, metadata_xml.']);
    assert.deepEqual(errors, { issuer: 'Enter a URL.', form: 'Send exactly one of metadata_url, metadata_xml.' });
    assert.deepEqual(configErrorsOf(['One.', 'Two.']), { form: 'One. Two.' });
    assert.ok(!fieldsOf('saml', { ...draftOf(saml), source: 'url' }).includes('entity_id'), 'a field that is not shown');
  });
});
