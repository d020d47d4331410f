import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isId } from '@rollcall/protocol';
import { ConfigError } from '../../config/config-error.ts';
import { findPlainConnections } from '../../config/plain-connections.ts';
import type { Config } from '../../config.ts';
import type { Db } from '../../database/database.ts';
import type { Log } from '../../runtime/log.ts';
import { makePrivateDirectory } from '../../runtime/make-directory.ts';

/**
 * Finds problems at the start that would otherwise appear with a later request or mail.
 * @throws ConfigError if the server cannot run. Other problems are warnings in the log.
 */
export async function checkStart(config: Config, db: Db, log: Log): Promise<void> {
  if (config.smtpUrl === null) assertWritable(config.mailDir);
  for (const { setting, text } of findPlainConnections(config)) log.warn(`${setting}: ${text}`);
  const problem = await findMissingDefault(config, db);
  if (problem !== null) log.warn(problem);
}

/**
 * Checks the folder by writing a file. Permission bits prove nothing for root, or on a file system
 * that is mounted read-only.
 */
export function assertWritable(mailDir: string): void {
  const file = path.join(mailDir, `.write-check-${process.pid}`);
  try {
    makePrivateDirectory(mailDir);
    writeFileSync(file, '');
    rmSync(file);
  } catch (error) {
    throw new ConfigError(
      `MAIL_DIR ${mailDir} is not writable: ${(error as Error).message}. Make it writable for this user, or set SMTP_URL to use a mail server`,
    );
  }
}

/** A warning if the default organization is set, but does not exist. Otherwise null. */
export async function findMissingDefault({ defaultOrganization: configured }: Config, db: Db): Promise<string | null> {
  if (configured === null) return null;
  const column = isId(configured) ? 'id' : 'slug';
  if (await db.selectFrom('organizations').select('id').where(column, '=', configured).executeTakeFirst()) return null;
  return `DEFAULT_ORGANIZATION is "${configured}", but no such organization exists. Until it is created, the oldest organization is the default.`;
}
