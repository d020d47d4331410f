import assert from 'node:assert/strict';
import { applyTokenRules, defaultTokenRules, type TokenRules } from '../../../../server/src/identity/tokens/token-rules.ts';

describe('applyTokenRules', () => {
  const now = 1_800_000_000_000;
  const nowSeconds = now / 1_000;
  const limitsOf = (rules: Partial<TokenRules>, claims: Readonly<Record<string, unknown>> = {}, typ: unknown = 'JWT') =>
    applyTokenRules({ ...defaultTokenRules, ...rules }, typ, { exp: nowSeconds + 300, ...claims }, now);
  const refusal = (reason: string) => ({ code: 'unauthenticated', reason });

  it('leaves an access token all rights of its user by default', () => {
    const expected = { scopes: null, lacksSecondFactor: false, hasRecentLogin: true, endsAt: now + 300_000 };
    for (const typ of ['JWT', 'at+jwt', 'application/at+jwt', 'okta-internal', undefined, 7])
      assert.deepEqual(limitsOf({}, { scope: 'openid', acr: '0', iat: 0, auth_time: 0 }, typ), expected);
  });

  it('[V9.2.2] refuses an ID token, unless its type is that of access tokens or any type is accepted', () => {
    for (const claim of ['nonce', 'at_hash', 'c_hash']) {
      const reason = `The claim ${claim} is that of an ID token. Send an access token.`;
      for (const value of ['x', '', null]) {
        for (const typ of ['JWT', undefined]) assert.throws(() => limitsOf({}, { [claim]: value }, typ), refusal(reason));
        assert.throws(() => limitsOf({ type: 'jwt' }, { [claim]: value }), refusal(reason));
        for (const typ of ['at+jwt', 'AT+JWT', 'application/at+jwt']) limitsOf({}, { [claim]: value }, typ);
        limitsOf({ type: 'any' }, { [claim]: value });
      }
    }
  });

  it('refuses another type than the one of the setting', () => {
    for (const typ of ['at+jwt', 'AT+JWT', 'application/at+jwt']) limitsOf({ type: 'at+jwt' }, {}, typ);
    for (const typ of ['JWT', 'logout+jwt', 'text/at+jwt', '', undefined, null, ['at+jwt']])
      assert.throws(() => limitsOf({ type: 'at+jwt' }, {}, typ), refusal('The type of the token is not accepted.'));
  });

  it('[V10.3.2] limits a token to the scopes that its claim names, and to what they imply', () => {
    const scopesOf = (value: unknown) => [...limitsOf({ scopesClaim: 'scp' }, { scp: value }).scopes!];
    assert.deepEqual(scopesOf('team:write'), ['team:write', 'team:read']);
    assert.deepEqual(scopesOf(['team:write', 'org:read']), ['team:write', 'team:read', 'org:read']);
  });

  it('gives no rights for scopes that it does not know, and none for an empty claim', () => {
    const scopesOf = (value: unknown) => [...limitsOf({ scopesClaim: 'scope' }, { scope: value }).scopes!];
    assert.deepEqual(scopesOf('offline_access  ORG:ADMIN org:* api://x/org:admin org:read'), ['org:read']);
    for (const none of ['', ' ', [], 'constructor', ['__proto__']]) assert.deepEqual(scopesOf(none), [], JSON.stringify(none));
  });

  it('refuses a token whose claim of scopes is missing or malformed', () => {
    const rules = { scopesClaim: 'scope' };
    assert.throws(() => limitsOf(rules), refusal('The claim scope is missing.'));
    assert.throws(() => limitsOf({ scopesClaim: 'constructor' }), refusal('The claim constructor is missing.'));
    for (const scope of [null, 7, true, { 'org:admin': true }, ['org:read', 7], [['org:read']]])
      assert.throws(() => limitsOf(rules, { scope }), refusal('The claim scope is not a list of scopes.'), JSON.stringify(scope));
  });

  it('notes a login without a second factor, if values of acr are set', () => {
    const lacks = (acr: unknown) => limitsOf({ secondFactorAcr: ['mfa', 'urn:strong'] }, { acr }).lacksSecondFactor;
    assert.deepEqual(['mfa', 'urn:strong'].map(lacks), [false, false]);
    assert.deepEqual(['pwd', 'MFA', '', undefined, null, 0, {}, ['mfa']].map(lacks), Array(8).fill(true));
  });

  it('notes whether the login was in the last two hours, if auth_time is required', () => {
    const isRecent = (auth_time: unknown) => limitsOf({ needsAuthTime: true }, { auth_time }).hasRecentLogin;
    for (const ago of [-5, 0, 7_199]) assert.equal(isRecent(nowSeconds - ago), true, String(ago));
    for (const ago of [-6, 7_200, 86_400, Number.NaN, Number.POSITIVE_INFINITY])
      assert.equal(isRecent(nowSeconds - ago), false, String(ago));
    for (const none of [undefined, null, String(nowSeconds), now]) assert.equal(isRecent(none), false, String(none));
  });

  it('ends a token at its largest age, if that is before its expiry', () => {
    const endOf = (iat: unknown, ageSecondsMax = 600) => limitsOf({ ageSecondsMax }, { iat, exp: nowSeconds + 3_600 }).endsAt;
    assert.equal(endOf(nowSeconds), now + 600_000);
    assert.equal(endOf(nowSeconds - 604), now - 4_000);
    assert.equal(endOf(nowSeconds, 7_200), now + 3_600_000);
    assert.throws(() => endOf(nowSeconds - 605), { message: 'Token expired', reason: 'The claim iat is too long ago.' });
    assert.throws(() => endOf(nowSeconds + 6), refusal('The claim iat is in the future.'));
    for (const iat of [undefined, null, String(nowSeconds)]) assert.throws(() => endOf(iat), refusal('The claim iat is missing.'));
  });
});
