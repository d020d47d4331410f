import assert from 'node:assert/strict';
import type { SamlConfig } from '@rollcall/protocol';
import { isSameProvider } from '../../../../server/src/domain/single-sign-on/auth-provider.ts';
import { aSamlConfig } from '../../../support/builders.ts';

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
