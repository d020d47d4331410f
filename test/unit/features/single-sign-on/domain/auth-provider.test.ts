import assert from 'node:assert/strict';
import { type ProviderConfig, providerChoices, type SamlConfig } from '@rollcall/protocol';
import {
  changeAuthProvider,
  isSameProvider,
  newAuthProvider,
} from '../../../../../server/src/features/single-sign-on/domain/auth-provider.ts';
import { anOidcConfig, aSamlConfig } from '../../../../support/builders.ts';

const saml = aSamlConfig({ x509certs: ['certificate'] });
const withAttributes = (attributes: Partial<SamlConfig['attributes']>): SamlConfig => ({
  ...saml,
  attributes: { ...saml.attributes, ...attributes },
});

describe('the identity of a SAML provider', () => {
  it('[13.4] depends on its entity id and on the attribute with the subject, and on nothing else', () => {
    assert.ok(isSameProvider(saml, { ...withAttributes({ user_email: 'mail' }), sso_url: 'https://idp.example.com/new', signed: 'both' }));
    assert.ok(!isSameProvider(saml, { ...saml, entity_id: 'https://other.example.com' }));
    assert.ok(!isSameProvider(saml, withAttributes({ identifier: 'uid' })), 'a uid may be the NameID of another person');
    assert.ok(!isSameProvider(withAttributes({ identifier: 'uid' }), withAttributes({ identifier: 'employeeNumber' })));
  });
});

describe('the name of an identity provider', () => {
  const choiceOf = (key: string) => providerChoices.find((choice) => choice.key === key)!;
  const made = (key: string, config: ProviderConfig) =>
    newAuthProvider('1', choiceOf(key), { config, certificates: [] }, '2026-03-02T12:00:00Z');

  it('[13.4] names the product, or the host of the login page for a provider without a preset', () => {
    const sso_url = 'https://login.example.com:8443/sso';
    assert.equal(made('okta', { ...saml, sso_url }).name, 'Okta');
    assert.equal(made('saml2', { ...saml, sso_url }).name, 'login.example.com');
    assert.equal(made('oidc', anOidcConfig({ issuer: 'https://id.example.com/realms/a' })).name, 'id.example.com');
  });

  it('[13.4] follows a change of the configuration', () => {
    const before = anOidcConfig({ issuer: 'https://old.example.com' });
    const config = anOidcConfig({ issuer: 'https://new.example.com' });
    const after = changeAuthProvider(made('oidc', before), {}, { before, config, certificates: [] });
    assert.equal(after.name, 'new.example.com');
  });
});
