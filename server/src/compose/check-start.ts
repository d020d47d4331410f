import { createHmac } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isId } from '@rollcall/protocol';
import { sql } from 'kysely';
import { ConfigError } from '../config/config-error.ts';
import type { Config } from '../config.ts';
import type { Db } from '../database/database.ts';
import { deriveKey } from '../runtime/derive-key.ts';
import type { Log } from '../runtime/log.ts';
import { makePrivateDirectory } from '../runtime/make-directory.ts';

/**
 * Finds problems at the start that would otherwise appear with a later request or mail.
 * @throws ConfigError if the server cannot run. Other problems are warnings in the log.
 */
export async function checkStart(config: Config, db: Db, log: Log): Promise<void> {
  if (config.smtpUrl === null) assertWritable(config.mailDir);
  await warnOfOtherSecret(config.secret, db, log);
  if (config.defaultOrganization !== null) await warnOfMissingOrganization(config.defaultOrganization, db, log);
}

/**
 * Writes a file, because permissions mislead for root, and on a file system that is mounted
 * read-only.
 */
function assertWritable(mailDir: string): void {
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

/**
 * Stores a value derived from the secret, which does not reveal the secret, and compares it at
 * later starts.
 */
async function warnOfOtherSecret(secret: string, db: Db, log: Log): Promise<void> {
  const own = createHmac('sha256', deriveKey(secret, 'secret check')).update('secret check').digest('hex');
  const read = async () => (await sql<{ value: string }>`SELECT value FROM server_values WHERE name = 'secret-check'`.execute(db)).rows[0];
  let kept = await read();
  if (!kept) {
    // A read-only database must not prevent the start. If two instances start at once, the value of
    // the first one stays.
    await sql`INSERT INTO server_values (name, value) VALUES ('secret-check', ${own}) ON CONFLICT DO NOTHING`.execute(db).catch(() => {});
    kept = await read();
  }
  if (kept && kept.value !== own) {
    log.warn(
      'SECRET differs from the one that this database was first used with. Second factors that were set up with the former one no longer work. ' +
        "Set SECRET to its former value. To keep the new value instead, run DELETE FROM server_values WHERE name = 'secret-check' and restart.",
    );
  }
}

async function warnOfMissingOrganization(configured: string, db: Db, log: Log): Promise<void> {
  const column = isId(configured) ? 'id' : 'slug';
  const found = await db.selectFrom('organizations').select('id').where(column, '=', configured).executeTakeFirst();
  if (!found) {
    log.warn(
      `DEFAULT_ORGANIZATION is "${configured}", but no such organization exists. Until it is created, the oldest organization is the default.`,
    );
  }
}
