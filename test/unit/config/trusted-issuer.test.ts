import assert from 'node:assert/strict';
import { parseConfig } from '../../../server/src/config.ts';
import { defaultTokenRules } from '../../../server/src/identity/tokens/token-rules.ts';

describe('the settings of a trusted issuer', () => {
  const issuer = { JWT_ISSUER: 'https://issuer.example', JWT_AUDIENCE: 'rollcall', JWT_JWKS_URL: 'https://issuer.example/keys' };
  const rulesOf = (settings: Readonly<Record<string, string>>) =>
    parseConfig({ ...issuer, ...settings }, () => 'a secret').trustedIssuer!.rules;

  it('restrict no access token by default', () => {
    assert.deepEqual(rulesOf({}), defaultTokenRules);
    const blank = { JWT_TYPE: '', JWT_SCOPES: ' ', JWT_ACR: '', JWT_AUTH_TIME: '', JWT_MAX_AGE: '' };
    assert.deepEqual(rulesOf(blank), defaultTokenRules);
    assert.deepEqual(rulesOf({ JWT_SCOPES: 'ignore', JWT_AUTH_TIME: 'ignore' }), defaultTokenRules);
  });

  it('become the rules', () => {
    const settings = { JWT_SCOPES: 'scp', JWT_ACR: 'mfa, urn:strong', JWT_AUTH_TIME: 'require', JWT_MAX_AGE: '3600' };
    assert.deepEqual(rulesOf({ ...settings, JWT_TYPE: 'application/AT+JWT' }), {
      type: 'at+jwt',
      scopesClaim: 'scp',
      secondFactorAcr: ['mfa', 'urn:strong'],
      needsAuthTime: true,
      ageSecondsMax: 3_600,
    });
    assert.equal(rulesOf({ JWT_TYPE: 'any' }).type, 'any');
  });

  it('stop the start with their name if they are wrong', () => {
    const wrong = [
      ['JWT_TYPE', 'at jwt'],
      ['JWT_SCOPES', 'scope scp'],
      ['JWT_AUTH_TIME', 'true'],
      ['JWT_MAX_AGE', '1h'],
      ['JWT_MAX_AGE', '0'],
      ['JWT_MAX_AGE', '-1'],
      ['JWT_MAX_AGE', '31536001'],
    ] as const;
    for (const [name, value] of wrong) assert.throws(() => rulesOf({ [name]: value }), { message: new RegExp(`^${name} must be `) }, value);
  });
});
