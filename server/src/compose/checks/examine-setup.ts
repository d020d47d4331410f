import { existsSync } from 'node:fs';
import { sql } from 'kysely';
import { verifyRedis } from '../../bus/redis-clients.ts';
import { findPlainConnections } from '../../config/plain-connections.ts';
import type { Config } from '../../config.ts';
import { DataDirInUseError } from '../../database/connections/data-dir-lock.ts';
import type { Database, Db } from '../../database/database.ts';
import { remedies } from '../../database/installation/database-trust.ts';
import { countOtherKeys } from '../../database/installation/reseal-rows.ts';
import { isRestored, parseSeal, readSeal } from '../../database/installation/seal.ts';
import { examineKeys } from '../../database/installation/secret-keys.ts';
import { assertUsableSchema, readMigrationStates } from '../../database/migrations/migration-states.ts';
import { readPermissionTable } from '../../database/permission-table.ts';
import { verifySmtp } from '../../mail/mail-smtp.ts';
import { type Clock, systemClock } from '../../runtime/clock.ts';
import { createLog } from '../../runtime/log.ts';
import { KeyRing } from '../../runtime/secrets/key-ring.ts';
import { messageOf } from '../../runtime/startup-error.ts';
import { findOtherPermissions } from '../apply-permissions-file.ts';
import { needsNewDatabase, openDatabase } from '../open-database.ts';
import { assertWritable, findMissingDefault } from './check-start.ts';
import { assertCreatable, examineDnsServer, examineHost, examineIntegration } from './examine-host.ts';

/** The result of one check. Only a failure keeps a server from working as configured. */
export interface Finding {
  /** The setting, or what was checked. */
  readonly subject: string;
  readonly state: 'ok' | 'warning' | 'failed';
  /** One line. */
  readonly text: string;
}

/** A server that takes longer to respond is of no use to this one. */
const responseMsMax = 5_000;
/** Authenticator apps tolerate 30 s (RFC 6238, 5.2), signed tokens of an issuer 5 s. */
const clockMsMax = 5_000;

/**
 * Checks the settings, and each server that they name, without a change to any of them. Does not
 * need a running server, except for PUBLIC_URL.
 */
export async function* examineSetup(config: Config, clock: Pick<Clock, 'wallTime'> = systemClock): AsyncGenerator<Finding> {
  for (const text of config.warnings) yield { subject: 'settings', state: 'warning', text };
  for (const { setting, text } of findPlainConnections(config)) yield { subject: setting, state: 'warning', text };
  yield await check('HOST', () => examineHost(config));
  yield* examineDatabase(config, clock);
  yield* examineRedis(config);
  yield* examineMail(config);
  yield* examinePublicUrl(config);
  for (const server of config.dnsServers) yield await check('DNS_SERVERS', () => examineDnsServer(server));
  const { gitlab } = config.integrations;
  if (gitlab) yield await check('GITLAB_URL', () => examineIntegration(gitlab.url, config));
  if (config.trustedIssuer) {
    const { jwksUrl } = config.trustedIssuer;
    yield await check('JWT_JWKS_URL', async () => {
      const count = await countKeys(jwksUrl);
      return `${jwksUrl} has ${count} ${count === 1 ? 'key' : 'keys'}`;
    });
  }
}

/** The returned text, or the message of the error as a failure. */
async function check(subject: string, work: () => Promise<string>): Promise<Finding> {
  try {
    return { subject, state: 'ok', text: await work() };
  } catch (error) {
    return { subject, state: 'failed', text: messageOf(error) };
  }
}

async function* examineDatabase(config: Config, clock: Pick<Clock, 'wallTime'>): AsyncGenerator<Finding> {
  const subject = config.databaseUrl === null ? 'DATA_DIR' : 'DATABASE_URL';
  if (needsNewDatabase(config)) {
    yield await check(subject, async () => {
      assertCreatable(config.dataDir);
      return `the first start creates an embedded database in ${config.dataDir}`;
    });
    return;
  }
  let database: Database;
  try {
    database = await openDatabase(config, createLog('silent'));
  } catch (error) {
    // The server may be running, but only one process can open its embedded database.
    const isInUse = error instanceof DataDirInUseError;
    yield {
      subject,
      state: isInUse ? 'warning' : 'failed',
      text: isInUse ? `${error.message} The database is not checked.` : messageOf(error),
    };
    return;
  }
  try {
    yield await examineAccess(subject, database);
    const migrations = await examineMigrations(database);
    yield migrations;
    if (migrations.state !== 'ok') return;
    yield* examineSeal(subject, database);
    yield await examineSecret(config, database);
    yield* examinePermissions(config, database);
    yield* examineDefaultOrganization(config, database);
    if (config.databaseUrl !== null) yield await examineClock(database, clock);
  } catch (error) {
    yield { subject, state: 'failed', text: messageOf(error) };
  } finally {
    await database.close();
  }
}

async function examineAccess(subject: string, { db }: Database): Promise<Finding> {
  const { rows } = await sql<{ version: string; isReadOnly: boolean; schema: string | null; mayCreate: boolean | null }>`
    SELECT current_setting('server_version') AS version, current_setting('transaction_read_only')::boolean AS "isReadOnly",
      current_schema() AS schema, has_schema_privilege(current_schema(), 'CREATE') AS "mayCreate"`.execute(db);
  const { version, isReadOnly, schema, mayCreate } = rows[0]!;
  const server = `PostgreSQL ${version}`;
  if (isReadOnly)
    return { subject, state: 'failed', text: `${server} accepts no writes: it is a standby, or default_transaction_read_only is on` };
  if (!mayCreate && (await readPending(db)).pending > 0)
    return {
      subject,
      state: 'failed',
      text: `this user may not create tables in the schema ${schema ?? 'public'}, and the pending migrations need to. Run rollcall migrate as the owner of the tables`,
    };
  return { subject, state: 'ok', text: `${server}, accepts writes` };
}

async function examineMigrations({ db }: Database): Promise<Finding> {
  const subject = 'migrations';
  try {
    await assertUsableSchema(db);
  } catch (error) {
    return { subject, state: 'failed', text: messageOf(error) };
  }
  const { pending, total } = await readPending(db);
  if (pending === 0) return { subject, state: 'ok', text: `all ${total} have run` };
  return { subject, state: 'warning', text: `${pending} of ${total} are pending: rollcall migrate or the next start runs them` };
}

/** An instance waits for a database that was restored. */
async function* examineSeal(subject: string, { db }: Database): AsyncGenerator<Finding> {
  const reading = await readSeal(db);
  const seal = parseSeal(reading);
  const isIncomplete = seal === null || reading.stream_epoch === null;
  if (!isIncomplete && !isRestored(seal, reading)) return;
  const remedy = remedies[isIncomplete ? 'incomplete' : 'restored'];
  yield { subject, state: 'failed', text: `instances don't use this database, because ${remedy}` };
}

/** The number of migrations, and of those that have not run. */
async function readPending(db: Db): Promise<{ readonly pending: number; readonly total: number }> {
  const states = await readMigrationStates(db);
  return { pending: states.filter(({ executedAt }) => executedAt === null).length, total: states.length };
}

async function examineSecret(config: Config, { db }: Database): Promise<Finding> {
  const subject = 'SECRET';
  if (config.secret === '')
    return { subject, state: 'warning', text: `not set: the first start creates one in ${config.dataDir}, which other instances lack` };
  const keys = new KeyRing(config.secret, config.previousSecret);
  await examineKeys(keys, db);
  if (keys.problem !== null) return { subject, state: 'failed', text: keys.problem };
  if (config.previousSecret === null) return { subject, state: 'ok', text: 'fits the stored data' };
  if (keys.current !== keys.configured)
    return { subject, state: 'warning', text: 'fits the stored data only with SECRET_PREVIOUS. Run rollcall rotate-secret' };
  const left = await countOtherKeys(db, keys.current);
  return left > 0
    ? { subject, state: 'warning', text: `${left} stored texts still need SECRET_PREVIOUS. Run rollcall rotate-secret` }
    : { subject, state: 'ok', text: 'fits the stored data. SECRET_PREVIOUS can be removed' };
}

/** An instance whose file differs starts, but does not become ready. */
async function* examinePermissions({ permissions: file }: Config, { db }: Database): AsyncGenerator<Finding> {
  const subject = 'PERMISSIONS_FILE';
  const table = await readPermissionTable(db);
  if (file && file.version > table.version) {
    const former = table.version === 0 ? '' : ` in place of version ${table.version}`;
    yield { subject, state: 'ok', text: `the next start puts version ${file.version} in force${former}` };
    return;
  }
  const problem = findOtherPermissions(file, table);
  if (problem !== null) yield { subject, state: 'failed', text: problem };
  else if (file) yield { subject, state: 'ok', text: `version ${table.version} is in force` };
}

async function* examineDefaultOrganization(config: Config, { db }: Database): AsyncGenerator<Finding> {
  if (config.defaultOrganization === null) return;
  const subject = 'DEFAULT_ORGANIZATION';
  const problem = await findMissingDefault(config, db);
  yield problem === null
    ? { subject, state: 'ok', text: `is ${config.defaultOrganization}` }
    : { subject, state: 'warning', text: problem };
}

async function examineClock({ db }: Database, clock: Pick<Clock, 'wallTime'>): Promise<Finding> {
  const before = clock.wallTime();
  const { rows } = await sql<{ ms: number }>`SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS ms`.execute(db);
  const difference = Math.round(rows[0]!.ms - (before + clock.wallTime()) / 2);
  const text = `this machine's clock differs by ${Math.abs(difference)} ms from the database's`;
  if (Math.abs(difference) <= clockMsMax) return { subject: 'clock', state: 'ok', text };
  return { subject: 'clock', state: 'failed', text: `${text}: logins with a second factor and tokens of an issuer fail` };
}

async function* examineRedis({ redisUrls }: Config): AsyncGenerator<Finding> {
  if (redisUrls.length === 0)
    yield { subject: 'REDIS_URL', state: 'ok', text: 'not set: changes reach other instances up to 250 ms later' };
  for (const url of redisUrls) {
    const { host } = new URL(url);
    yield await check('REDIS_URL', async () => {
      await verifyRedis(url, responseMsMax).catch((error: unknown) => {
        throw new Error(`${host}: ${messageOf(error)}`);
      });
      return `${host} responds`;
    });
  }
}

async function* examineMail({ smtpUrl, mailDir, mailFrom }: Config): AsyncGenerator<Finding> {
  if (smtpUrl === null) {
    const text = `not set: mails are written to files in ${mailDir}`;
    yield await check('MAIL_DIR', async () => {
      // The check must not create the folder.
      if (existsSync(mailDir)) assertWritable(mailDir);
      else assertCreatable(mailDir);
      return existsSync(mailDir) ? `${mailDir} is writable` : `the first mail creates ${mailDir}`;
    });
    yield { subject: 'SMTP_URL', state: 'warning', text };
    return;
  }
  const { host } = new URL(smtpUrl);
  yield await check('SMTP_URL', async () => {
    await verifySmtp(smtpUrl).catch((error: unknown) => {
      throw new Error(`${host}: ${messageOf(error)}`);
    });
    return `${host} accepts the login`;
  });
  if (mailFrom.address.endsWith('@localhost'))
    yield { subject: 'MAIL_FROM', state: 'warning', text: `is ${mailFrom.address}: mail servers usually require a domain of yours` };
}

async function* examinePublicUrl({ publicUrl, trustedProxies }: Config): AsyncGenerator<Finding> {
  const subject = 'PUBLIC_URL';
  if (publicUrl === null) {
    yield { subject, state: 'warning', text: 'not set: links in mails lead to the address on which the server listens' };
    return;
  }
  const url = new URL(publicUrl);
  yield await check(subject, async () => {
    const body = await fetchJson(new URL('/healthz', url));
    if (body.status !== 'ok') throw new Error(`${publicUrl} is not a Rollcall server: its /healthz does not return the status "ok"`);
    return `${publicUrl} is a Rollcall server`;
  });
  if (url.protocol === 'https:' && trustedProxies.length === 0) {
    const text = 'not set: all clients seem to have the address of the proxy that terminates TLS, so they share the limits of one address';
    yield { subject: 'TRUSTED_PROXIES', state: 'warning', text };
  }
}

async function countKeys(jwksUrl: string): Promise<number> {
  const { keys } = await fetchJson(new URL(jwksUrl));
  if (!Array.isArray(keys) || keys.length === 0) throw new Error(`${jwksUrl} returns no keys`);
  return keys.length;
}

/** @throws Error that names the URL */
async function fetchJson(url: URL): Promise<Readonly<Record<string, unknown>>> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(responseMsMax) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    return (await response.json()) as Readonly<Record<string, unknown>>;
  } catch (error) {
    const cause = (error as Error).cause ?? error;
    throw new Error(`${url.origin} cannot be used: ${messageOf(cause)}`);
  }
}
