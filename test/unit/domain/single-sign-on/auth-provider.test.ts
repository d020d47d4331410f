import assert from 'node:assert/strict';
import type { SamlConfig } from '@rollcall/protocol';
import { isSameProvider } from '../../../../server/src/domain/single-sign-on/auth-provider.ts';

const saml: SamlConfig = {
  protocol: 'saml',
  entity_id: 'https://idp.example.com/metadata',
  sso_url: 'https://idp.example.com/sso',
  x509certs: ['certificate'],
  metadata_url: null,
  attributes: { identifier: null, user_email: null, first_name: null, last_name: null },
  signed: 'assertion',
  encrypt: false,
};
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
