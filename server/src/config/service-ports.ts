import type { Config } from '../config.ts';
import { parseDatabaseUrl } from '../database/connections/connection-string.ts';

/**
 * The ports at which this server reaches PostgreSQL, Redis and the mail server. Calls to servers
 * that an organization chose must not use them, at any address.
 */
export function servicePortsOf({ databaseUrl, redisUrls, smtpUrl }: Pick<Config, 'databaseUrl' | 'redisUrls' | 'smtpUrl'>): Set<number> {
  const databaseUrls = databaseUrl === null ? [] : parseDatabaseUrl(databaseUrl).urls;
  return new Set([...databaseUrls, ...redisUrls, ...(smtpUrl === null ? [] : [smtpUrl])].map(portOf));
}

/** Used by the drivers for a URL without a port. */
const defaultPorts: Readonly<Record<string, number>> = {
  'redis:': 6379,
  'rediss:': 6379,
  'smtp:': 587,
  'smtp+starttls:': 587,
  'smtps:': 465,
};
const postgresPort = 5432;

function portOf(url: string): number {
  const { port, protocol, searchParams } = new URL(url);
  // libpq's form for several hosts, and for sockets, has the port in the query.
  return Number(port || searchParams.get('port')) || (defaultPorts[protocol] ?? postgresPort);
}
