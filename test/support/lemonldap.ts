import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { canRun, onPath } from './executables.ts';
import { makeTemporaryDirectory } from './run-directory.ts';
import type { SamlIdp } from './saml/saml-idp.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';

/** LemonLDAP::NG, an identity provider in Perl, for SAML by Lasso and for OpenID Connect. */

export const lemonldapPackages =
  'liblemonldap-ng-portal-perl liblasso-perl libplack-perl libcrypt-jwt-perl libio-string-perl libxml-libxml-perl libstring-random-perl libmime-tools-perl libemail-sender-perl';
export const lemonldapMissing = `LemonLDAP::NG is not installed: apt-get install ${lemonldapPackages}`;

export async function findLemonldap(): Promise<string | undefined> {
  const plackup = onPath('plackup');
  const isComplete = await canRun('/usr/bin/perl', [...modules.map((name) => `-M${name}`), '-e1']);
  return isComplete && existsSync(templates) ? plackup : undefined;
}

const modules = [
  'Lasso',
  'Crypt::JWT',
  'IO::String',
  'XML::LibXML',
  'String::Random',
  'MIME::Entity',
  'Email::Sender::Simple',
  'Lemonldap::NG::Portal::Main',
];
const templates = '/usr/share/lemonldap-ng/portal/templates';

/** A service of SAML. The keys of these records are names of this configuration. */
export interface SamlService {
  /** The service's metadata. */
  readonly metadata: string;
  readonly encryption: 'none' | 'assertion';
}

export interface OidcService {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly redirectUri: string;
}

export interface LemonldapOptions {
  readonly plackup: string;
  readonly port: number;
  /** Signs SAML responses. */
  readonly idp: SamlIdp;
  readonly saml: Readonly<Record<string, SamlService>>;
  readonly oidc: Readonly<Record<string, OidcService>>;
}

/** The users that it knows. The password is the name. */
export const lemonldapUsers = ['dwho', 'rtyler', 'msmith'] as const;

export function lemonldapUrl(port: number): string {
  return `http://127.0.0.1:${port}/`;
}

/** Starts it on loopback. */
export async function startLemonldap(options: LemonldapOptions): Promise<ServerProcess> {
  const directory = makeTemporaryDirectory('lemonldap');
  const at = (...names: readonly string[]) => path.join(directory, ...names);
  for (const name of ['conf', 'cache', 'sessions/lock', 'psessions/lock']) mkdirSync(at(name), { recursive: true });
  writeFileSync(at('conf', 'lmConf-1.json'), JSON.stringify(configuration(options, at)));
  writeFileSync(at('lemonldap-ng.ini'), settings(at));
  writeFileSync(at('portal.psgi'), 'use Lemonldap::NG::Portal::Main;\nLemonldap::NG::Portal::Main->run({});\n');
  const url = lemonldapUrl(options.port);
  return startServerProcess({
    command: options.plackup,
    args: ['--host', '127.0.0.1', '--port', String(options.port), at('portal.psgi')],
    env: { PATH: process.env.PATH ?? '', LLNG_DEFAULTCONFFILE: at('lemonldap-ng.ini') },
    cwd: directory,
    logFile: at('log'),
    lastSignal: 'KILL',
    ping: async () => {
      const { status } = await fetch(`${url}saml/metadata`);
      if (status !== 200) throw new Error(`LemonLDAP::NG responds with ${status}`);
    },
  });
}

function settings(at: (...names: readonly string[]) => string): string {
  return `[all]
logLevel = warn
useSafeJail = 1
[configuration]
type = File
dirName = ${at('conf')}
localStorage = Cache::FileCache
localStorageOptions = { 'namespace' => 'config', 'default_expires_in' => 600, 'directory_umask' => '007', 'cache_root' => '${at('cache')}', 'cache_depth' => 0 }
[portal]
staticPrefix = /static
templateDir = ${templates}
languages = en
[handler]
[manager]
`;
}

/** `samlEntityID` has no slash after the portal, but the issuer of OpenID Connect ends with one. */
function configuration({ port, idp, saml, oidc }: LemonldapOptions, at: (...names: readonly string[]) => string): object {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const portal = lemonldapUrl(port);
  const files = (name: string) => ({
    Directory: at(name),
    LockDirectory: at(name, 'lock'),
    generateModule: 'Lemonldap::NG::Common::Apache::Session::Generate::SHA256',
  });
  const each = <T>(services: Readonly<Record<string, T>>, value: (service: T) => unknown) =>
    Object.fromEntries(Object.entries(services).map(([name, service]) => [name, value(service)]));
  return {
    cfgNum: 1,
    cfgAuthor: 'tests',
    cfgDate: '1700000000',
    cfgVersion: '2.21.2',
    authentication: 'Demo',
    userDB: 'Same',
    passwordDB: 'Demo',
    registerDB: 'Null',
    demoExportedVars: { cn: 'cn', mail: 'mail', uid: 'uid' },
    portal,
    domain: '127.0.0.1',
    cookieName: 'lemonldap',
    securedCookie: 0,
    key: '0123456789abcdef0123456789abcdef',
    globalStorage: 'Apache::Session::File',
    globalStorageOptions: files('sessions'),
    persistentStorage: 'Apache::Session::File',
    persistentStorageOptions: files('psessions'),
    localSessionStorage: 'Cache::FileCache',
    localSessionStorageOptions: { namespace: 'sessions', default_expires_in: 600, cache_root: at('cache'), cache_depth: 0 },
    locationRules: { '127.0.0.1': { default: 'accept' } },
    exportedHeaders: {},
    applicationList: {},
    whatToTrace: '$_user',
    macros: { mailverified: '1' },
    groups: {},
    requireToken: 0,
    loginHistoryEnabled: 0,
    notification: 0,
    captcha_mail_enabled: 0,
    captcha_register_enabled: 0,
    issuerDBSAMLActivation: 1,
    issuerDBSAMLRule: 1,
    issuerDBSAMLPath: '^/saml/',
    samlServicePrivateKeySig: idp.key,
    samlServicePublicKeySig: idp.certificate,
    samlServiceUseCertificateInResponse: 1,
    samlServiceSignatureMethod: 'RSA_SHA256',
    samlEntityID: '#PORTAL#/saml/metadata',
    samlOrganizationName: 'Tests',
    samlOrganizationDisplayName: 'Tests',
    samlOrganizationURL: portal,
    samlSPMetaDataXML: each(saml, ({ metadata }) => ({ samlSPMetaDataXML: metadata })),
    samlSPMetaDataOptions: each(saml, ({ encryption }) => ({
      samlSPMetaDataOptionsNameIDFormat: 'email',
      samlSPMetaDataOptionsSignSSOMessage: 1,
      samlSPMetaDataOptionsCheckSSOMessageSignature: 1,
      samlSPMetaDataOptionsEncryptionMode: encryption,
      samlSPMetaDataOptionsSignatureMethod: 'RSA_SHA256',
      samlSPMetaDataOptionsNotOnOrAfterTimeout: 300,
      samlSPMetaDataOptionsSessionNotOnOrAfterTimeout: 28_800,
    })),
    samlSPMetaDataExportedAttributes: each(saml, () => ({ mail: '1;email;;', cn: '0;displayName;;', uid: '1;uid;;' })),
    samlSPMetaDataMacros: each(saml, () => ({})),
    samlIDPMetaDataXML: {},
    samlIDPMetaDataOptions: {},
    samlIDPMetaDataExportedAttributes: {},
    issuerDBOpenIDConnectActivation: 1,
    issuerDBOpenIDConnectRule: 1,
    issuerDBOpenIDConnectPath: '^/oauth2/',
    oidcServiceMetaDataIssuer: portal,
    oidcServicePrivateKeySig: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    oidcServicePublicKeySig: publicKey.export({ type: 'spki', format: 'pem' }),
    oidcServiceKeyIdSig: 'test1',
    oidcServiceKeyTypeSig: 'RSA',
    oidcServiceAllowAuthorizationCodeFlow: 1,
    oidcRPMetaDataOptions: each(oidc, ({ clientId, clientSecret, redirectUri }) => ({
      oidcRPMetaDataOptionsClientID: clientId,
      oidcRPMetaDataOptionsClientSecret: clientSecret,
      oidcRPMetaDataOptionsIDTokenSignAlg: 'RS256',
      oidcRPMetaDataOptionsBypassConsent: 1,
      oidcRPMetaDataOptionsRedirectUris: redirectUri,
      oidcRPMetaDataOptionsRequirePKCE: 1,
      oidcRPMetaDataOptionsIDTokenForceClaims: 1,
      oidcRPMetaDataOptionsUserIDAttr: 'uid',
      oidcRPMetaDataOptionsAccessTokenExpiration: 3_600,
      oidcRPMetaDataOptionsIDTokenExpiration: 600,
    })),
    oidcRPMetaDataExportedVars: each(oidc, () => ({ email: 'mail', email_verified: 'mailverified;bool;never', name: 'cn' })),
    oidcRPMetaDataMacros: each(oidc, () => ({})),
    oidcRPMetaDataScopeRules: each(oidc, () => ({})),
    oidcRPMetaDataOptionsExtraClaims: each(oidc, () => ({})),
    oidcOPMetaDataOptions: {},
    oidcOPMetaDataJSON: {},
    oidcOPMetaDataJWKS: {},
    oidcOPMetaDataExportedVars: {},
  };
}
