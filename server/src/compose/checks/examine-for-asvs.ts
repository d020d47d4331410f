import type { BreachedPasswordsSource } from '../../config/breached-passwords.ts';
import { findPlainConnections } from '../../config/plain-connections.ts';
import type { Config } from '../../config.ts';
import { isBelowFloors } from '../../identity/passwords/password-cost.ts';
import type { Finding } from './examine-setup.ts';

/** The settings that level 2 of OWASP ASVS 5.0.0 needs, each with the number of its requirement. */
export function examineForAsvs(config: Config): Finding[] {
  return [
    ...examineConnections(config),
    isBelowFloors(config.passwordCost)
      ? failed('PASSWORD_HASH_KIB', 'V11.4.2', 'hashes are cheaper than OWASP recommends. Remove it and PASSWORD_HASH_PASSES')
      : ok('PASSWORD_HASH_KIB', 'V11.4.2', 'hashes cost what OWASP recommends'),
    config.breachedPasswords === null
      ? failed('BREACHED_PASSWORDS_URL', 'V6.2.12', 'not set: passwords of breaches are accepted. Set it, or BREACHED_PASSWORDS_LIST')
      : ok('BREACHED_PASSWORDS_URL', 'V6.2.12', `new passwords are compared with ${nameOf(config.breachedPasswords)}`),
    config.requiresSecondFactor
      ? ok('REQUIRE_2FA', 'V6.3.3', 'sessions that begin with a password need a second factor')
      : failed('REQUIRE_2FA', 'V6.3.3', 'a password alone logs in where no organization requires a second factor. Set true'),
    ...examineIssuer(config),
  ];
}

function nameOf(source: BreachedPasswordsSource): string {
  return source.kind === 'url' ? source.url : source.path;
}

function finding(state: Finding['state']) {
  return (subject: string, requirement: string, text: string): Finding => ({ subject, state, text: `${requirement}: ${text}` });
}
const ok = finding('ok');
const warning = finding('warning');
const failed = finding('failed');

function examineConnections(config: Config): Finding[] {
  const { publicUrl, trustedIssuer } = config;
  const jwksUrl = trustedIssuer?.jwksUrl ?? null;
  return [
    publicUrl?.startsWith('https:')
      ? ok('PUBLIC_URL', 'V12.2.1', `${publicUrl} has TLS`)
      : failed('PUBLIC_URL', 'V12.2.1', `${publicUrl ?? 'not set, so that clients have no TLS'}. Set an https URL`),
    ...(['DATABASE_URL', 'REDIS_URL', 'SMTP_URL'] as const).flatMap((setting) => examineConnection(setting, config)),
    ...(jwksUrl === null ? [] : [examineJwksUrl(jwksUrl)]),
  ];
}

function examineConnection(setting: 'DATABASE_URL' | 'REDIS_URL' | 'SMTP_URL', config: Config): Finding[] {
  const plain = findPlainConnections(config).filter((connection) => connection.setting === setting);
  if (plain.length === 0) return [ok(setting, 'V12.3.1', 'no connection leaves this machine without TLS')];
  return plain.map(({ text }) => failed(setting, 'V12.3.1', text));
}

function examineJwksUrl(url: string): Finding {
  if (url.startsWith('https:')) return ok('JWT_JWKS_URL', 'V12.3.1', `${url} has TLS`);
  return failed('JWT_JWKS_URL', 'V12.3.1', `${url} has no TLS, so the keys can be replaced on the way. Use https://`);
}

function examineIssuer({ trustedIssuer }: Config): Finding[] {
  if (trustedIssuer === null) return [ok('JWT_ISSUER', 'V9.2.2', 'not set: no tokens of another issuer are accepted')];
  const { user, rules } = trustedIssuer;
  return [
    user.by === 'email'
      ? failed('JWT_USER', 'V10.3.3', 'an address can be given to another person. Use external:sub or id:<claim>')
      : ok('JWT_USER', 'V10.3.3', `${user.by}:${user.claim} names one person`),
    examineType(rules.type),
    rules.scopesClaim === null
      ? failed('JWT_SCOPES', 'V10.3.2', 'a token has all rights of its user. Set the claim with the scopes, such as scope')
      : ok('JWT_SCOPES', 'V10.3.2', `the claim ${rules.scopesClaim} limits a token`),
    rules.secondFactorAcr.length === 0
      ? failed('JWT_ACR', 'V10.3.4', "a login without a second factor counts as one. Set the issuer's values of acr")
      : ok('JWT_ACR', 'V10.3.4', `a second factor needs ${rules.secondFactorAcr.join(' or ')}`),
    rules.needsAuthTime
      ? ok('JWT_AUTH_TIME', 'V10.3.4', 'what needs a recent login needs a recent auth_time')
      : failed('JWT_AUTH_TIME', 'V10.3.4', 'a token of an old login may do what needs a recent one. Set require'),
  ];
}

function examineType(type: string | null): Finding {
  const [setting, requirement] = ['JWT_TYPE', 'V9.2.2'] as const;
  if (type === 'at+jwt') return ok(setting, requirement, 'only access tokens are accepted');
  if (type === 'any') return failed(setting, requirement, 'ID tokens are accepted. Set at+jwt, or remove it');
  const text =
    'ID tokens are refused by their claims, which some do not have. Set at+jwt, or a JWT_AUDIENCE that is the client id of no application';
  return warning(setting, requirement, text);
}
