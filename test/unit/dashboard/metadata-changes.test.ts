import assert from 'node:assert/strict';
import { metadataChanges } from '../../../dashboard/src/pages/single-sign-on/metadata-changes.ts';
import { aSamlConfig } from '../../support/builders.ts';

const [first, second] = ['AA', 'BB'].map((fingerprint) => ({ fingerprint, notAfter: '2030-01-01T00:00:00Z' })) as [
  Certificate,
  Certificate,
];
type Certificate = { readonly fingerprint: string; readonly notAfter: string };
const saml = aSamlConfig({ metadata_url: 'https://idp.example.com/metadata' });
const before = { certificates: [first], config: saml };

describe('reloaded metadata', () => {
  it('has no changes for the same values', () => {
    assert.deepEqual(metadataChanges(before, { ...before, certificates: [{ ...first }] }), []);
    assert.deepEqual(metadataChanges(null, before), []);
  });

  it('shows the added and the removed certificates', () => {
    const added = { kind: 'added', certificate: second };
    assert.deepEqual(metadataChanges(before, { ...before, certificates: [first, second] }), [added]);
    assert.deepEqual(metadataChanges(before, { ...before, certificates: [second] }), [added, { kind: 'removed', certificate: first }]);
  });

  it('shows changed URLs with their earlier values', () => {
    const after = { ...before, config: { ...saml, sso_url: 'https://idp.example.com/new', entity_id: 'https://new.example.com' } };
    assert.deepEqual(metadataChanges(before, after), [
      { kind: 'entity-id', before: saml.entity_id, after: 'https://new.example.com' },
      { kind: 'login-url', before: saml.sso_url, after: 'https://idp.example.com/new' },
    ]);
  });
});
