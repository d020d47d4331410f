import { createHmac } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isId } from '@rollcall/protocol';
import { sql } from 'kysely';
import { ConfigError } from '../../config/config-error.ts';
import { findPlainConnections } from '../../config/plain-connections.ts';
import type { Config } from '../../config.ts';
import type { Db } from '../../database/database.ts';
import type { Log } from '../../runtime/log.ts';
import { makePrivateDirectory } from '../../runtime/make-directory.ts';
import { deriveKey } from '../../runtime/secrets/derive-key.ts';

/**
 * Finds problems at the start that would otherwise appear with a later request or mail.
 * @throws ConfigError if the server cannot run. Other problems are warnings in the log.
 */
export async function checkStart(config: Config, db: Db, log: Log): Promise<void> {
  if (config.smtpUrl === null) assertWritable(config.mailDir);
  await recordSecret(config.secret, db);
  for (const { setting, text } of findPlainConnections(config)) log.warn(`${setting}: ${text}`);
  for (const problem of [await findOtherSecret(config, db), await findMissingDefault(config, db)]) if (problem !== null) log.warn(problem);
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

/** A value derived from the secret, which does not reveal it. */
const checkOf = (secret: string) => createHmac('sha256', deriveKey(secret, 'secret check')).update('secret check').digest('hex');

/** Stores a check of the first secret. If two instances start at once, the first one is stored. */
async function recordSecret(secret: string, db: Db): Promise<void> {
  // A read-only database must not prevent the start.
  await sql`INSERT INTO server_values (name, value) VALUES ('secret-check', ${checkOf(secret)}) ON CONFLICT DO NOTHING`
    .execute(db)
    .catch(() => {});
}

/** A warning if the secret is not the one that the database was first used with, or null. */
export async function findOtherSecret({ secret }: Pick<Config, 'secret'>, db: Db): Promise<string | null> {
  const { rows } = await sql<{ value: string }>`SELECT value FROM server_values WHERE name = 'secret-check'`.execute(db);
  if (rows.length === 0 || rows[0]!.value === checkOf(secret)) return null;
  return (
    'SECRET differs from the one that this database was first used with. Second factors that were set up with the former one no longer work. ' +
    "Set SECRET to its former value. To keep the new value instead, run DELETE FROM server_values WHERE name = 'secret-check' and restart."
  );
}

/** A warning if the default organization is set, but does not exist. Otherwise null. */
export async function findMissingDefault({ defaultOrganization: configured }: Config, db: Db): Promise<string | null> {
  if (configured === null) return null;
  const column = isId(configured) ? 'id' : 'slug';
  if (await db.selectFrom('organizations').select('id').where(column, '=', configured).executeTakeFirst()) return null;
  return `DEFAULT_ORGANIZATION is "${configured}", but no such organization exists. Until it is created, the oldest organization is the default.`;
}
