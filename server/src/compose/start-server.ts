import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus } from '../bus/bus.ts';
import { servicePortsOf } from '../config/service-ports.ts';
import type { Config } from '../config.ts';
import type { Database } from '../database/database.ts';
import { DuePolls } from '../database/due-polls.ts';
import { openKeys } from '../database/installation/secret-keys.ts';
import { readPermissionTable } from '../database/permission-table.ts';
import type { AllServices } from '../features/index.ts';
import { listen } from '../http/listen.ts';
import { renderApiAhead } from '../http/openapi/router.ts';
import { RateLimits } from '../identity/limits/rate-limits.ts';
import { UseRecorder } from '../identity/use/use-recorder.ts';
import { openInstances } from '../operations/open-instances.ts';
import { Outbound } from '../outbound/outbound.ts';
import { txtRecordReader } from '../outbound/txt-records.ts';
import type { FeedDeps } from '../read-path/feed/feed-deps.ts';
import { logReaderOf } from '../read-path/feed/log-reader-database.ts';
import { HeadChecks } from '../read-path/heads/head-checks.ts';
import { LivePermissions } from '../read-path/live-permissions.ts';
import { ReadPath } from '../read-path/read-path.ts';
import { ServerStream } from '../read-path/server-stream.ts';
import { systemClock } from '../runtime/clock.ts';
import { Failpoints } from '../runtime/failpoints.ts';
import { createLog, type Log, redactedLog } from '../runtime/log.ts';
import { Counters } from '../runtime/metrics/counters.ts';
import { exposeLoopDelay, LoopDelay } from '../runtime/metrics/loop-delay.ts';
import { Metrics } from '../runtime/metrics/metrics.ts';
import { Parts } from '../runtime/parts.ts';
import { KeyRing } from '../runtime/secrets/key-ring.ts';
import { randomHex } from '../runtime/secrets/random.ts';
import { securityHeaders } from '../runtime/security-headers.ts';
import { version } from '../runtime/version.ts';
import { Connections } from '../socket/connections.ts';
import { applyPermissionsFile } from './apply-permissions-file.ts';
import { checkStart } from './checks/check-start.ts';
import { createServices } from './create-services.ts';
import { createWritePath } from './create-write-path.ts';
import { jobHandlersOf } from './jobs.ts';
import { openBus } from './open-bus.ts';
import { migrate, openDatabase } from './open-database.ts';
import { openLiveViewers, openMemberships, openPresence } from './open-ephemeral-state.ts';
import { openEvents } from './open-events.ts';
import { consumersOf, openFeatures } from './open-features.ts';
import { openIdentities } from './open-identities.ts';
import { openReceipts, openRegistry } from './open-receipts.ts';
import { openSecurityEvents } from './open-security-events.ts';
import { registerGauges } from './register-gauges.ts';
import type { RollcallOptions } from './rollcall-options.ts';
import { serveClients } from './serve-clients.ts';
import { startSweeps } from './start-sweeps.ts';

export interface RunningServer {
  readonly services: AllServices;
  stop(): Promise<void>;
}

/** Starts a server. If a part fails to start, those before it are stopped. */
export async function startServer(config: Config, options: RollcallOptions, signal: AbortSignal): Promise<RunningServer> {
  // Each line names its instance, because the logs of several instances may be stored together.
  const log = (options.log ? redactedLog(options.log) : createLog(config.logLevel)).child({ instance: config.instanceId });
  const parts = new Parts(log);
  try {
    const services = await startParts(parts, config, options, signal, log);
    return {
      services,
      async stop() {
        parts.announceStop();
        if (config.stopDelaySeconds > 0) await sleep(config.stopDelaySeconds * 1_000);
        await parts.stop();
      },
    };
  } catch (error) {
    // Errors of the stop are in the log. The caller gets the error that they follow from.
    await parts.stop().catch(() => {});
    throw error;
  }
}

const close = { stop: (part: { close(): void | Promise<void> }) => part.close() };

/** The parts of a server, in the order in which they start. They stop in the reverse order. */
async function startParts(parts: Parts, config: Config, options: RollcallOptions, signal: AbortSignal, log: Log): Promise<AllServices> {
  const counters = new Counters();
  const metrics = new Metrics(counters);
  const failpoints = new Failpoints(config.failpoint);
  const connections = new Connections();
  const eventConnections = new Connections();

  const port = await parts.start(
    'port',
    () => listen(config.host, config.port, config.limits, securityHeaders(config.publicUrl), counters),
    close,
  );
  const publicUrl = config.publicUrl ?? port.url;

  const database = await parts.start('database', () => openDatabase(config, log, metrics), close);
  await migrate(database, { signal, ...(options.reportMigration && { report: options.reportMigration }) });
  await database.trust.begin(signal);
  const keys = new KeyRing(config.secret, config.previousSecret);
  await openKeys(keys, database.db);
  await checkStart(config, database.db, log);
  if (keys.problem !== null) log.warn(`This instance is not ready: ${keys.problem}`);

  const { bus, scripts } = await parts.start('bus', () => openBus(config, options, keys, counters, log), {
    stop: (opened) => opened.bus.close(),
  });

  const securityEvents = await parts.start(
    'security events',
    () => openSecurityEvents({ database, clock: systemClock, counters, log, instance: config.instanceId }),
    close,
  );
  const duePolls = new DuePolls(database.reads, log);
  const { writePath, mailSender, consumerRunner, jobRunner } = createWritePath(
    config,
    { database, bus, counters, failpoints, log, keys, securityEvents: securityEvents.recorder },
    duePolls,
  );
  await options.prepare?.(writePath);
  const loopDelays = await parts.start('event loop delay', () => openLoopDelays(metrics), { stop: closeLoopDelays });
  const policy = { allowed: config.outboundAllowed, publicUrl, servicePorts: servicePortsOf(config) };
  const outbound = await parts.start('outbound', () => new Outbound({ ...policy, counters }), close);
  const { integrationsPollMs } = options;
  const opened = await openFeatures({
    ...{ config, publicUrl, writePath, duePolls, outbound, parts, integrationsPollMs },
    readTxtRecords: txtRecordReader(config.dnsServers, counters),
  });
  await parts.start('sweeps', () => startSweeps(writePath, duePolls, connections, opened), {
    drain: (sweeps) => sweeps.abort(),
    stop: (sweeps) => sweeps[Symbol.asyncDispose](),
  });
  const mailContext = { from: config.mailFrom, publicUrl, deriveToken: writePath.deriveToken, productName: config.productName };
  await parts.start('mail sender', () => mailSender.start(mailContext), { drain: () => mailSender.stop() });

  const self = { id: randomHex(8), name: config.instanceId, version, startedAt: new Date().toISOString() };
  const reader = logReaderOf(database, { clock: systemClock, counters });
  const feedDeps = { reader, clock: systemClock, counters, metrics, log, failpoints };
  const heads = await parts.start('head checks', () => new HeadChecks(feedDeps, bus), close);
  const readPath = await parts.start('read path', () => new ReadPath(feedDeps, bus, heads, config.limits), close);
  const stream = await parts.start(
    'server stream',
    () => openServerStream(feedDeps, bus, heads, database, readPath, [connections, eventConnections]),
    close,
  );
  const permissionsProblem = await applyPermissionsFile(config.permissions, writePath, stream);
  const memberships = await parts.start('memberships', () => openMemberships(database, bus, log), close);
  const presence = await parts.start('presence', () => openPresence(readPath, bus, log, self.id), close);

  await parts.start('outlets', () => consumerRunner.start(consumersOf(opened), () => readPath.lastAdvancedAt), {
    drain: () => consumerRunner.stop(),
  });
  for (const feature of opened) await feature.start?.();
  await parts.start('jobs', () => jobRunner.start(jobHandlersOf(writePath, opened)), { drain: () => jobRunner.stop() });
  await parts.start('polls of due work', () => duePolls.start(), { drain: () => duePolls.stop() });
  const registry = await parts.start('instance registry', () => openRegistry(database, log, self, keys), close);
  const receipts = await parts.start(
    'receipts',
    () => openReceipts({ bus, log, metrics, limits: config.limits, self: self.id, registry, readPath, stream }),
    { drain: (part) => part.drain(), stop: (part) => part.close() },
  );
  const listInstances = async () => (await registry.read()).map(({ id }) => id);
  const liveViewers = await parts.start('live viewers', () => openLiveViewers({ bus, log, self: self.id, listInstances, readPath }), close);

  const instanceParts = { metrics, bus, log, loopDelay: loopDelays.sampled };
  const instances = await parts.start('instances', () => openInstances(self, instanceParts), close);
  const uses = await parts.start(
    'uses of credentials',
    () => new UseRecorder(database.db, systemClock, log, securityEvents.tokenNetworks),
    close,
  );
  const identities = openIdentities(config, writePath.deriveToken, database, uses.credentials, counters, log);
  const services = createServices(config, {
    publicUrl,
    writePath,
    receipts,
    identity: identities.direct,
    uses,
    rateLimits: new RateLimits(config.limits, scripts, counters),
    outbound,
    buffered: port.buffered,
    readPath,
    connections,
    events: openEvents(readPath, stream, eventConnections),
    liveViewers,
    features: opened,
    reportInstances: (seconds) => instances.report(seconds),
  });
  const { passwords, events } = services;
  registerGauges(metrics, writePath, { readPath, mailSender, consumerRunner, passwords, events, features: opened, jobRunner });
  await parts.start('API description', () => renderApiAhead(services, systemClock), { drain: (cancel) => cancel() });
  const isStopping = () => parts.isStopping;
  const clientParts = {
    port,
    services,
    identities,
    readPath,
    memberships,
    presence,
    stream,
    connections,
    eventConnections,
    metrics,
    ownApp: options.app,
    settingsProblem: () => keys.problem ?? permissionsProblem(),
    isStopping,
  };
  // The last part, so that no request reaches a server without one of its parts.
  await parts.start('clients', () => serveClients(config, clientParts), { drain: (clients) => clients.drain() });
  instances.startSampling();
  return services;
}

/** Two monitors, because each reading resets its own. */
function openLoopDelays(metrics: Metrics) {
  const delays = { scraped: new LoopDelay(), sampled: new LoopDelay() };
  exposeLoopDelay(metrics, delays.scraped);
  return delays;
}

function closeLoopDelays({ scraped, sampled }: ReturnType<typeof openLoopDelays>): void {
  scraped[Symbol.dispose]();
  sampled[Symbol.dispose]();
}

function openServerStream(
  deps: FeedDeps,
  bus: Bus,
  heads: HeadChecks,
  { reads, trust }: Database,
  readPath: ReadPath,
  all: readonly Connections[],
): Promise<ServerStream> {
  return ServerStream.open(deps, bus, heads, new LivePermissions(() => trust.read(reads, readPermissionTable)), {
    revoked: (revocation) => all.reduce((ended, connections) => ended + connections.revoke(revocation), 0),
    hadGap() {
      // Subscribers of an organization that a restored backup lacks are notified before they
      // reconnect. The stream may be the first that has read the restored backup.
      void readPath.swept.catchUpAll().then(() => {
        for (const connections of all) connections.closeToReauthenticate();
      });
    },
  });
}
