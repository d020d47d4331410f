import * as z from 'zod';
import { findRedisUrlFault } from '../bus/redis-url.ts';
import { parseDatabaseUrl } from '../database/connections/connection-string.ts';
import { withSslMode } from '../database/connections/ssl-mode.ts';
import { ConfigError } from './config-error.ts';
import { urlOf } from './variables.ts';

/** The URLs of the servers that this one connects to. */

export const databaseUrl = z.string().superRefine((text, context) => {
  try {
    parseDatabaseUrl(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
  }
});

export const redisUrl = urlOf('redis:', 'rediss:').superRefine((text, context) => {
  const message = findRedisUrlFault(text);
  if (message !== null) context.addIssue({ code: 'custom', message });
});

export const smtpUrl = urlOf('smtp:', 'smtp+starttls:', 'smtps:');

/** @throws ConfigError */
export function readDatabaseUrl(url: string, sslMode: string | undefined): string {
  try {
    return withSslMode(url, sslMode);
  } catch (error) {
    throw new ConfigError(`DATABASE_URL ${(error as Error).message}`);
  }
}
