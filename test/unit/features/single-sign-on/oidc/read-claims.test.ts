import assert from 'node:assert/strict';
import { addUserinfo, type Claims, readClaims } from '../../../../../server/src/features/single-sign-on/oidc/read-claims.ts';

const google = { issuer: 'https://accounts.google.com', domains: ['example.com', 'other.example'] };
const tenant = '7c1f0e4e-1111-4222-8333-444455556666';
const entra = { issuer: `https://login.microsoftonline.com/${tenant}/v2.0`, domains: [] };
const generic = { issuer: 'https://idp.example.com', domains: [] };

const isRefused = (key: string, config: typeof google, claims: Claims) => 'refused' in readClaims(key, config, { sub: 'a', ...claims });
const identityOf = (config: typeof google, claims: Claims) => {
  const read = readClaims('oidc', config, { sub: 'a', ...claims });
  assert.ok('identity' in read, JSON.stringify(read));
  return read.identity;
};

describe('the claims of an ID token', () => {
  it('[S-39] need a Google Workspace domain that is equal to a configured one', () => {
    assert.equal(isRefused('google', google, { hd: 'example.com' }), false);
    for (const hd of [undefined, null, '', 'example.com.evil.org', 'EXAMPLE.COM', 'third.example', ['example.com'], true]) {
      assert.equal(isRefused('google', google, { hd, email: 'a@example.com', email_verified: true }), true, String(hd));
    }
    assert.equal(isRefused('google', { ...google, domains: [] }, { hd: 'example.com' }), true);
  });

  it('[S-39] need the tenant of the issuer, for Microsoft Entra', () => {
    assert.equal(isRefused('oidc', entra, { tid: tenant }), false);
    for (const tid of [undefined, '', tenant.toUpperCase(), '7c1f0e4e-9999-4222-8333-444455556666', [tenant]]) {
      assert.equal(isRefused('oidc', entra, { tid }), true, String(tid));
    }
  });

  it('[S-35] state that an address is verified by the value true only', () => {
    assert.equal(identityOf(generic, { email: 'a@example.com', email_verified: true }).emailVerified, true);
    for (const email_verified of [undefined, null, false, 'true', 1, {}, [true]]) {
      assert.equal(identityOf(generic, { email: 'a@example.com', email_verified }).emailVerified, false);
    }
    assert.equal(identityOf(generic, { email_verified: true }).emailVerified, false);
  });

  it('[S-35] verify an address of Microsoft Entra only by xms_edov, because its administrators can set any address', () => {
    const claims = { tid: tenant, email: 'a@example.com' };
    assert.equal(identityOf(entra, { ...claims, email_verified: true }).emailVerified, false);
    assert.equal(identityOf(entra, { ...claims, xms_edov: 'true' }).emailVerified, false);
    assert.equal(identityOf(entra, { ...claims, xms_edov: true }).emailVerified, true);
  });

  it('[S-35] verify no address of the userinfo, which has its own email_verified', () => {
    const verified = { tid: tenant, email_verified: true, xms_edov: true };
    const email = 'a@example.com';
    for (const config of [generic, entra]) {
      assert.equal(identityOf(config, addUserinfo(verified, { email })).emailVerified, false);
      assert.equal(identityOf(config, addUserinfo({ ...verified, email }, { email: 'b@example.com' })).emailVerified, true);
    }
    assert.equal(identityOf(generic, addUserinfo({}, { email, email_verified: true })).emailVerified, true);
  });

  it('[S-38] need a subject', () => {
    for (const sub of [undefined, '', 7, ['a']]) assert.equal(isRefused('oidc', generic, { sub }), true);
  });

  it('[13.7] become attributes of text, without those that protect the token', () => {
    const { attributes, name, authenticatedAt } = identityOf(generic, {
      given_name: 'A',
      family_name: 'B',
      auth_time: 0,
      groups: ['x', 'y'],
      nonce: 'secret',
      address: { country: 'NL' },
    });
    assert.deepEqual(attributes.groups, ['x', 'y']);
    assert.deepEqual(attributes.address, ['{"country":"NL"}']);
    assert.equal(attributes.nonce, undefined);
    assert.equal(name, 'A B');
    assert.equal(authenticatedAt, '1970-01-01T00:00:00.000Z');
  });

  it('[13.7] state no time of the login if it can’t be stored, such as one in milliseconds', () => {
    const yearZero = Date.parse('0000-06-01T00:00:00Z') / 1_000;
    for (const auth_time of [1_772_000_000_000, 253_402_300_800, yearZero, 1e300, -1e300]) {
      assert.equal(identityOf(generic, { auth_time }).authenticatedAt, null, String(auth_time));
    }
    assert.equal(identityOf(generic, { auth_time: 1_772_000_000.5 }).authenticatedAt, '2026-02-25T06:13:20.500Z');
  });
});
