import assert from 'node:assert/strict';
import { entraTenantOf, isSharedIssuer } from '../../../../../server/src/features/single-sign-on/oidc/entra.ts';
import { readClaims } from '../../../../../server/src/features/single-sign-on/oidc/read-claims.ts';

const tenant = '7c1f0e4e-1111-4222-8333-444455556666';
const prefixes = [
  'https://login.microsoftonline.com/',
  'https://login.microsoftonline.us/',
  'https://login.partner.microsoftonline.cn/',
  'https://login.windows.net/',
  'https://login.microsoft.com/',
  'https://login.usgovcloudapi.net/',
  'https://login.chinacloudapi.cn/',
  'https://sts.windows.net/',
  'https://sts.chinacloudapi.cn/',
  `https://${tenant}.ciamlogin.com/`,
];

describe('an issuer of Microsoft Entra', () => {
  for (const prefix of prefixes) {
    it(`[S-39] [S-35] ${prefix} has a tenant, which the claims must name, and addresses are verified by xms_edov only`, () => {
      for (const issuer of [`${prefix}${tenant}/v2.0`, `${prefix}${tenant}/`]) {
        assert.equal(entraTenantOf(issuer), tenant);
        const read = (claims: object) => readClaims('oidc', { issuer, domains: [] }, { sub: 'a', email: 'a@example.com', ...claims });
        assert.ok('refused' in read({}));
        assert.ok('refused' in read({ tid: '7c1f0e4e-9999-4222-8333-444455556666' }));
        for (const [claims, isVerified] of [
          [{ email_verified: true }, false],
          [{ xms_edov: true }, true],
        ] as const) {
          const answer = read({ tid: tenant, ...claims });
          assert.equal('identity' in answer && answer.identity.emailVerified, isVerified);
        }
      }
    });

    it(`[S-39] ${prefix} is shared by many tenants under three names`, () => {
      for (const name of ['common', 'organizations', 'consumers', 'Common']) assert.equal(isSharedIssuer(`${prefix}${name}/v2.0`), true);
      assert.equal(isSharedIssuer(`${prefix}${tenant}/v2.0`), false);
    });
  }

  it('[S-39] has exactly one of these hosts', () => {
    for (const host of [
      'login.microsoftonline.com.evil.example',
      'evil-login.microsoftonline.com',
      'ciamlogin.com',
      'evil-ciamlogin.com',
      'a.ciamlogin.com.evil.example',
      'idp.example.com',
    ]) {
      assert.equal(entraTenantOf(`https://${host}/${tenant}/v2.0`), null);
      assert.equal(isSharedIssuer(`https://${host}/common/v2.0`), false);
    }
  });
});
