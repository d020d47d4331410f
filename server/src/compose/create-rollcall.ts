import { availableParallelism } from 'node:os';
import type { Bus } from '../bus/bus.ts';
import { openMemoryBus } from '../bus/bus-memory.ts';
import { openRedisBus, type RedisBus } from '../bus/bus-redis.ts';
import { pubSubOf, pubSubOfUrls, type RedisClient } from '../bus/redis-clients.ts';
import { type Config, ConfigError } from '../config.ts';
import { nameOfDatabase } from '../database/connections/connection-string.ts';
import { DataDirInUseError } from '../database/connections/data-dir-lock.ts';
import { openPglite } from '../database/connections/database-pglite.ts';
import { openPostgres } from '../database/connections/database-postgres.ts';
import type { StatementMeter } from '../database/connections/statement-meter.ts';
import { waitForDatabase } from '../database/connections/wait-for-database.ts';
import type { Database, Db } from '../database/database.ts';
import { type MigrateOptions, type MigrationStep, MigrationsStoppedError, migrateUp } from '../database/migrations/migrate.ts';
import { openAnonymousWrites } from '../http/anonymous-writes.ts';
import { createApp } from '../http/app.ts';
import { addressReader } from '../http/caller-address.ts';
import { isAllowedOrigin } from '../http/cors.ts';
import { openLinkUses } from '../http/link-uses.ts';
import { closing, type Listening, listen } from '../http/listen.ts';
import type { Services } from '../http/services.ts';
import { AttemptLimits } from '../identity/attempt-limits.ts';
import { authenticate } from '../identity/authenticate.ts';
import { batchHandshakeReads } from '../identity/handshake-reads.ts';
import { type Identity, isExpiredCredential, joinIdentities } from '../identity/identity.ts';
import { type NamedUser, openJwtIdentity, type ReadNamedUsers, readNamedUsers } from '../identity/identity-jwt.ts';
import { authenticateTokens, type JudgeTokens, openOwnIdentity } from '../identity/identity-own.ts';
import { KnownDevices } from '../identity/known-devices.ts';
import { PasswordPool } from '../identity/password-pool.ts';
import { RateLimits } from '../identity/rate-limits.ts';
import { findForgery } from '../identity/request-forgery.ts';
import { SessionCookie } from '../identity/session-cookie.ts';
import { authenticateSessions } from '../identity/sessions.ts';
import { TrustedIssuer } from '../identity/trusted-issuer.ts';
import type { Mail } from '../mail/mail.ts';
import { openDirectoryMail } from '../mail/mail-directory.ts';
import { MailSender } from '../mail/mail-sender.ts';
import { openSmtpMail } from '../mail/mail-smtp.ts';
import { openInstances } from '../operations/open-instances.ts';
import { Channels } from '../read-path/channels.ts';
import { HeadChecks } from '../read-path/head-checks.ts';
import { logReaderOf } from '../read-path/log-reader-database.ts';
import { ServerStream } from '../read-path/server-stream.ts';
import { systemClock } from '../runtime/clock.ts';
import { Counters } from '../runtime/counters.ts';
import { tokenDeriver } from '../runtime/derived-tokens.ts';
import { Failpoints } from '../runtime/failpoints.ts';
import { createLog, type Log } from '../runtime/log.ts';
import { exposeLoopDelay, LoopDelay } from '../runtime/loop-delay.ts';
import { Metrics } from '../runtime/metrics.ts';
import { messageOf, StartupError } from '../runtime/startup-error.ts';
import { version } from '../runtime/version.ts';
import { Connections } from '../socket/connections.ts';
import { openSocketServer } from '../socket/socket-server.ts';
import type { WritePath } from '../write-path/run-command.ts';
import { WriteQueue } from '../write-path/write-queue.ts';
import { checkStart } from './check-start.ts';
import { openEphemeralState } from './open-ephemeral-state.ts';
import { readinessOf } from './readiness.ts';
import { registerGauges } from './register-gauges.ts';
import { startSweeps } from './start-sweeps.ts';

/** The only file that chooses adapters. */

export interface Rollcall {
  /** This server's base URL. Throws before the start, because the port may not be known yet. */
  readonly url: string;
  /** @internal Throws before the start. */
  readonly services: Services;
  /**
   * Opens the database, runs the migrations and listens. Resolves when the server accepts requests.
   * @throws StartupError or DataDirInUseError for problems that the operator can fix
   */
  start(): Promise<void>;
  /** Ends sockets, requests (within 5 s) and the database. Safe during the start, and twice. */
  stop(): Promise<void>;
}

export interface RollcallOptions {
  /** JSON lines on stdout by default. */
  readonly log?: Log;
  /** Used for the bus and the rate limits instead of REDIS_URL. */
  readonly redis?: RedisClient;
  /** @internal For tests: wraps the bus that the server uses. */
  wrapBus?(bus: Bus): Bus;
  /** Reports each step of the migrations, for the operator who waits for the start. */
  reportMigration?(step: MigrationStep): void;
  /** Runs after the migrations, before the server accepts requests. */
  prepare?(writePath: WritePath): Promise<void>;
}

/** Creates a server in this process, without starting it. */
export function createRollcall(config: Config, options: RollcallOptions = {}): Rollcall {
  let starting: Promise<Running> | null = null;
  const stopRequest = new AbortController();
  let stopping: Promise<void> | null = null;
  let running: Running | null = null;
  const whenStarted = (): Running => {
    if (!running) throw new Error('Rollcall is not started.');
    return running;
  };
  return {
    get url() {
      return whenStarted().services.publicUrl;
    },
    get services() {
      return whenStarted().services;
    },
    async start() {
      starting ??= startServer(config, options, stopRequest.signal);
      running = await starting;
    },
    stop() {
      stopRequest.abort();
      // A failed start has left nothing to stop.
      stopping ??= (starting ?? Promise.resolve(null)).then(
        (started) => started?.stop(),
        () => {},
      );
      return stopping;
    },
  };
}

interface Running {
  readonly services: Services;
  stop(): Promise<void>;
}

async function startServer(config: Config, options: RollcallOptions, signal: AbortSignal): Promise<Running> {
  const { wrapBus = (bus: Bus) => bus, prepare, reportMigration } = options;
  // Each line names its instance, because the logs of several instances may be stored together.
  const log = (options.log ?? createLog(config.logLevel)).child({ instance: config.instanceId });
  const counters = new Counters();
  const listening = await listen(config.host, config.port, config.limits, counters);
  const metrics = new Metrics(counters);
  const redis = openRedis(config, options.redis, counters, log);
  const bus = wrapBus(redis ?? openMemoryBus());
  const rateLimits = new RateLimits(config.limits, redis?.scripts ?? null, counters);
  let database: Database | null = null;
  try {
    database = await openDatabase(config, log, metrics);
    await migrate(database, { signal, ...(reportMigration && { report: reportMigration }) });
    await checkStart(config, database.db, log);
    const failpoints = new Failpoints(config.failpoint);
    const deriveToken = tokenDeriver(config.secret);
    const mailSender = new MailSender({ db: database.db, reads: database.reads, mail: openMail(config, log), counters, log, failpoints });
    const wakeMail = () => mailSender.wake();
    const settings = { limits: config.limits, invites: config.invites, retiredRoles: new Set(config.retiredRoles) };
    const writePath = { database, bus, writeQueue: new WriteQueue(), counters, log, failpoints, deriveToken, wakeMail, ...settings };
    await prepare?.(writePath);
    return await serve(config, listening, writePath, mailSender, rateLimits, metrics);
  } catch (error) {
    listening.server.close();
    listening.server.closeAllConnections();
    await bus.close();
    await database?.close();
    throw error;
  }
}

function openRedis({ redisUrls, secret }: Config, redis: RedisClient | undefined, counters: Counters, log: Log): RedisBus | null {
  if (redis) return openRedisBus(pubSubOf(redis), { secret, counters, log });
  if (redisUrls.length > 0) return openRedisBus(pubSubOfUrls(redisUrls), { secret, counters, log });
  return null;
}

function openMail({ smtpUrl, mailDir }: Config, log: Log): Mail {
  return smtpUrl === null ? openDirectoryMail({ directory: mailDir, log }) : openSmtpMail(smtpUrl);
}

/**
 * Opens the database and waits until it responds.
 * @throws StartupError, DataDirInUseError, ConfigError
 */
export async function openDatabase({ databaseUrl, dataDir }: Config, log: Log, meter?: StatementMeter): Promise<Database> {
  if (databaseUrl === null) {
    return openPglite(dataDir, log, meter).catch((error: unknown) => {
      if (error instanceof DataDirInUseError) throw error;
      throw new StartupError(`The embedded database in ${dataDir} cannot be opened: ${messageOf(error)}`, { cause: error });
    });
  }
  const database = openPostgres(databaseUrl, log, meter);
  try {
    await waitForDatabase(database.db);
    const problem = await database.findSetupProblem();
    if (problem !== null) throw new ConfigError(`DATABASE_URL ${problem}`);
  } catch (error) {
    await database.close();
    if (error instanceof ConfigError) throw error;
    throw new StartupError(`The database ${nameOfDatabase(databaseUrl)} cannot be used: ${messageOf(error)}`, { cause: error });
  }
  return database;
}

/**
 * Runs the pending migrations.
 * @throws StartupError, MigrationsStoppedError
 */
export async function migrate(database: Database, options: MigrateOptions): Promise<readonly string[]> {
  try {
    return await migrateUp(database, options);
  } catch (error) {
    if (error instanceof MigrationsStoppedError) throw error;
    throw new StartupError(`The migrations failed: ${messageOf(error)}`, { cause: error });
  }
}

async function serve(
  config: Config,
  { server, url: ownUrl, answerBy, buffered }: Listening,
  writePath: WritePath,
  mailSender: MailSender,
  rateLimits: RateLimits,
  metrics: Metrics,
): Promise<Running> {
  const { database, bus, counters, log, failpoints } = writePath;
  const delays = { scraped: new LoopDelay(), sampled: new LoopDelay() };
  exposeLoopDelay(metrics, delays.scraped);
  const feedDeps = { reader: logReaderOf(database.reads), clock: systemClock, counters, metrics, log, failpoints };
  const heads = new HeadChecks(feedDeps, bus);
  const channels = new Channels(feedDeps, bus, heads);
  const { memberships, presence } = await openEphemeralState(writePath, channels);
  const connections = new Connections();
  const stream = await ServerStream.open(
    feedDeps,
    bus,
    heads,
    (ending) => connections.end(ending),
    () => connections.closeToReauthenticate(),
  );
  const url = config.publicUrl ?? ownUrl;
  const sweeps = startSweeps(writePath, connections);
  mailSender.start({ from: config.mailFrom, publicUrl: url, deriveToken: writePath.deriveToken, productName: config.productName });
  const sessionCookie = new SessionCookie(url);
  const identities = openIdentities(config, writePath);
  const services: Services = {
    db: database.db,
    lookups: database.lookups,
    writePath,
    authenticate: (credentials) => authenticate(database.db, identities.direct, credentials),
    sessionCookie,
    knownDevices: new KnownDevices(url, config.secret),
    attempts: new AttemptLimits(database.db),
    anonymousWrites: openAnonymousWrites(config.limits),
    passwords: new PasswordPool(config.limits, { cores: availableParallelism(), threads: config.threadPoolSize }),
    links: openLinkUses(),
    rateLimits,
    limits: config.limits,
    buffered,
    publicUrl: url,
    productName: config.productName,
    allowedOrigins: config.allowedOrigins,
    retiredRoles: writePath.retiredRoles,
    operatorToken: config.operatorToken,
    hasOpenMetrics: config.hasOpenMetrics,
    singleOrganization: config.singleOrganization,
    defaultOrganization: config.defaultOrganization,
    terms: config.termsUrl !== null && config.privacyUrl !== null ? { termsUrl: config.termsUrl, privacyUrl: config.privacyUrl } : null,
    secret: config.secret,
    readHealth: async () => ({
      database: database.kind,
      bus: bus.status,
      revisionLagMs: Math.round(channels.behindMs),
      sockets: connections.size,
    }),
    reportInstances: (seconds) => instances.report(seconds),
    version,
  };
  let isDraining = false;
  server.on('request', (_request, response) => {
    // A keep-alive connection would delay the stop.
    if (isDraining) response.shouldKeepAlive = false;
  });
  const ready = readinessOf(database, channels);
  const readiness = async () => (isDraining ? 'the server is stopping' : ready());
  answerBy(createApp({ services, log, trustedProxies: config.trustedProxies, metrics, readiness }));
  const sessions = batchHandshakeReads(counters, (tokens) => authenticateSessions(database.reads, tokens));
  const sockets = openSocketServer({
    httpServer: server,
    channels,
    memberships,
    presence,
    stream,
    connections,
    authenticator: {
      authenticateToken: (token) => identities.shared.authenticate(token),
      authenticateSession: async (token) => (await sessions.read([token])).get(token) ?? null,
      isExpired: isExpiredCredential,
      readSessionToken: ({ cookie, ...headers }) =>
        findForgery(headers, (origin) => isAllowedOrigin(services, origin)) === null ? sessionCookie.read(cookie) : null,
    },
    rateLimits,
    limits: config.limits,
    isAllowedOrigin: (origin) => isAllowedOrigin(services, origin),
    addressOf: addressReader(config.trustedProxies),
    clock: systemClock,
    counters,
    metrics,
    log,
  });
  registerGauges(metrics, writePath, channels, mailSender, services.passwords);
  const instances = await openInstances(config.instanceId, { metrics, bus, log, loopDelay: delays.sampled });

  return {
    services,
    async stop() {
      // First report not ready, so that no new clients come while requests are still served.
      isDraining = true;
      await sockets.drain();
      const mailStopped = mailSender.stop();
      const cut = setTimeout(() => server.closeAllConnections(), closing.requestsEndMsMax);
      const idle = setInterval(() => server.closeIdleConnections(), closing.idleLookMs);
      await sockets.close();
      clearTimeout(cut);
      clearInterval(idle);
      for (const delay of Object.values(delays)) delay[Symbol.dispose]();
      presence.close();
      await instances.close();
      heads.close();
      await channels.close();
      await memberships.close();
      await stream.close();
      await mailStopped;
      await sweeps[Symbol.asyncDispose]();
      await bus.close();
      await database.close();
    },
  };
}

/** `direct` is for requests. `shared` batches handshakes: thousands arrive after a restart. */
function openIdentities({ trustedIssuer }: Config, { database, counters, log }: WritePath): Record<'direct' | 'shared', Identity> {
  const issuer = trustedIssuer && new TrustedIssuer(trustedIssuer, log);
  const judgeBy = (db: Db, notes?: Db) => (tokens: readonly string[]) => authenticateTokens(db, tokens, notes);
  const readUsersBy = (db: Db) => async (names: readonly string[]) =>
    issuer ? readNamedUsers(db, issuer.settings.user, names) : new Map<string, NamedUser>();
  const share = <Value>(readMany: (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>) => {
    const reads = batchHandshakeReads(counters, readMany);
    return (keys: readonly string[]) => reads.read(keys);
  };
  const open = (judge: JudgeTokens, readUsers: ReadNamedUsers) =>
    joinIdentities(openOwnIdentity(judge), issuer && openJwtIdentity(issuer, readUsers));
  return {
    direct: open(judgeBy(database.lookups, database.db), readUsersBy(database.db)),
    shared: open(share(judgeBy(database.reads)), share(readUsersBy(database.reads))),
  };
}
