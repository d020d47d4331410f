import type { Config } from '../config.ts';
import { parseDatabaseUrl } from '../database/connections/connection-string.ts';
import { isLoopbackHost } from './loopback.ts';
import { isPlain, wildcards } from './public-url.ts';

/** A connection between machines that others can read or change. */
export interface PlainConnection {
  readonly setting: 'DATABASE_URL' | 'REDIS_URL' | 'SMTP_URL' | 'PUBLIC_URL' | 'JWT_JWKS_URL';
  /** Contains no password. */
  readonly text: string;
}

type Connected = Pick<Config, 'databaseUrl' | 'redisUrls' | 'smtpUrl' | 'publicUrl' | 'host' | 'trustedIssuer'>;

/** The connections of a server that leave this machine without TLS, or with TLS to anyone. */
export function findPlainConnections({ databaseUrl, redisUrls, smtpUrl, publicUrl, host, trustedIssuer }: Connected): PlainConnection[] {
  const problems = [
    ...(databaseUrl === null ? [] : parseDatabaseUrl(databaseUrl).urls).map((url) => ['DATABASE_URL', problemOfDatabase(url)] as const),
    ...redisUrls.map((url) => ['REDIS_URL', problemOfRedis(url)] as const),
    ...(smtpUrl === null ? [] : [['SMTP_URL', problemOfMail(smtpUrl)] as const]),
    ['PUBLIC_URL', problemOfPublicUrl(publicUrl, host)] as const,
    ...(trustedIssuer === null ? [] : [['JWT_JWKS_URL', problemOfKeys(trustedIssuer.jwksUrl)] as const]),
  ];
  return problems.flatMap(([setting, text]) => (text === null ? [] : [{ setting, text }]));
}

function problemOfDatabase(url: string): string | null {
  const { hostname, searchParams } = new URL(url);
  const host = (searchParams.get('host') ?? hostname).replaceAll(/%2f/gi, '/');
  // An empty host, or a path, is a socket of this machine.
  if (host === '' || host.startsWith('/') || isLoopbackHost(host)) return null;
  const mode = searchParams.get('sslmode');
  if (mode?.startsWith('verify-')) return null;
  if (mode === 'require')
    return searchParams.has('sslrootcert')
      ? null
      : `the certificate of ${host} is not checked with sslmode=require, so another server can impersonate it. Use sslmode=verify-full`;
  if (mode === null && /^(true|1)$/.test(searchParams.get('ssl') ?? '')) return null;
  return `the connection to ${host} has no TLS, so the data can be read and changed on the way. Use sslmode=verify-full`;
}

function problemOfRedis(url: string): string | null {
  const { protocol, hostname } = new URL(url);
  if (protocol !== 'redis:' || hostname === '' || isLoopbackHost(hostname)) return null;
  return `the connection to ${hostname} has no TLS, so its password and the changes of organizations can be read on the way. Use rediss://`;
}

function problemOfMail(url: string): string | null {
  const { protocol, hostname, searchParams } = new URL(url);
  if (isLoopbackHost(hostname)) return null;
  if (protocol === 'smtp:' && searchParams.get('requireTLS') !== 'true')
    return `the connection to ${hostname} has TLS only if the server offers it, which an attacker can prevent, and mails contain links for new passwords. Use smtp+starttls:// or smtps://`;
  if (searchParams.get('tls.rejectUnauthorized') === 'false')
    return `the certificate of ${hostname} is not checked with tls.rejectUnauthorized=false, so another server can impersonate it`;
  return null;
}

function problemOfKeys(url: string): string | null {
  return isPlain(url) ? `${url} has no TLS, so an attacker on the way can replace the keys and become any user. Use https://` : null;
}

function problemOfPublicUrl(publicUrl: string | null, host: string): string | null {
  if (publicUrl === null)
    return wildcards.has(host)
      ? `not set, while HOST is ${host}, so the server doesn't know whether clients use TLS. Set the https address that they use`
      : null;
  return isPlain(publicUrl) ? `${publicUrl} has no TLS, so passwords and sessions can be read on the way` : null;
}
