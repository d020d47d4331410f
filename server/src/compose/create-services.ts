import { availableParallelism } from 'node:os';
import type { InstanceReport } from '@rollcall/protocol';
import type { Config } from '../config.ts';
import type { OpenedFeature } from '../features/feature.ts';
import type { AllServices } from '../features/index.ts';
import type { EventServices } from '../http/changes/event-connection.ts';
import { openAnonymousWrites } from '../http/limits/anonymous-writes.ts';
import type { BufferedBytes } from '../http/limits/buffered-bytes.ts';
import { CallerReads } from '../http/limits/caller-reads.ts';
import { CallerWrites } from '../http/limits/caller-writes.ts';
import { openLinkUses } from '../http/limits/link-uses.ts';
import { StoredBytes } from '../http/limits/stored-bytes.ts';
import { SuspectedAddresses } from '../http/limits/suspected-addresses.ts';
import type { Services } from '../http/services.ts';
import { authenticate, authenticateIn, type RequestReads, type VerifySessions } from '../identity/authenticate.ts';
import type { Identity } from '../identity/identity.ts';
import { authenticateTokenIn } from '../identity/identity-own.ts';
import { AttemptLimits } from '../identity/limits/attempt-limits.ts';
import type { RateLimits } from '../identity/limits/rate-limits.ts';
import { KnownDevices } from '../identity/passwords/known-devices.ts';
import { PasswordPool } from '../identity/passwords/password-pool.ts';
import { SessionCookie } from '../identity/session-cookie.ts';
import { authenticateSessions } from '../identity/sessions.ts';
import { OperatorTokens } from '../identity/tokens/operator-tokens.ts';
import type { UseRecorder } from '../identity/use/use-recorder.ts';
import type { Outbound } from '../outbound/outbound.ts';
import type { LiveViewers } from '../read-path/people/live-viewers.ts';
import { findOrganization } from '../read-path/queries/organizations/find-organization.ts';
import type { ReadPath } from '../read-path/read-path.ts';
import type { Receipts } from '../receipts/receipts.ts';
import { systemClock } from '../runtime/clock.ts';
import { RefusedOrigins } from '../runtime/refused-origins.ts';
import { version } from '../runtime/version.ts';
import type { Connections } from '../socket/connections.ts';
import type { WritePath } from '../write-path/run-command.ts';
import { openBreachedPasswords } from './open-breached-passwords.ts';

export interface ServiceParts {
  readonly publicUrl: string;
  readonly writePath: WritePath;
  readonly receipts: Receipts;
  readonly identity: Identity;
  readonly uses: UseRecorder;
  readonly rateLimits: RateLimits;
  readonly outbound: Outbound;
  readonly buffered: BufferedBytes;
  readonly readPath: ReadPath;
  readonly connections: Connections;
  readonly events: EventServices;
  readonly liveViewers: LiveViewers;
  readonly features: readonly OpenedFeature[];
  reportInstances(seconds: number): InstanceReport;
}

/** The operator needs the number, and some examples. */
const missingListedMax = 100;

/** Creates the services that endpoints use, with those of all features. */
export function createServices(config: Config, parts: ServiceParts): AllServices {
  const ofFeatures = Object.assign({}, ...parts.features.map(({ services }) => services)) as Omit<AllServices, keyof Services>;
  return { ...ofFeatures, ...createCoreServices(config, parts) };
}

function createCoreServices(config: Config, parts: ServiceParts): Services {
  const {
    publicUrl,
    writePath,
    receipts,
    identity,
    uses,
    rateLimits,
    outbound,
    buffered,
    readPath,
    connections,
    events,
    liveViewers,
    features,
    reportInstances,
  } = parts;
  const { database, bus } = writePath;
  const verifySessions: VerifySessions = (tokens) =>
    authenticateSessions(database.lookups, tokens, {
      record: uses.credentials,
      requiresSecondFactor: config.requiresSecondFactor,
      idleDaysMax: config.limits.sessionIdleDays,
    });
  const reads: RequestReads = {
    verifySessions,
    identity,
    verifyTokenIn: (token, orgName) => authenticateTokenIn(database.lookups, token, orgName, uses.credentials),
    findOrganization: (name) => findOrganization(database.lookups, name),
  };
  return {
    db: database.db,
    lookups: database.lookups,
    writePath,
    receipts,
    authenticate: (credentials) => authenticate(verifySessions, identity, credentials),
    authenticateIn: (credentials, orgName) => authenticateIn(reads, credentials, orgName),
    events,
    uses,
    sessionCookie: new SessionCookie(publicUrl, config.limits.sessionDays),
    loginOriginOf: async (orgId) => (await features.find((feature) => feature.loginOriginOf)?.loginOriginOf?.(orgId)) ?? null,
    knownDevices: new KnownDevices(publicUrl, writePath.keys),
    attempts: new AttemptLimits(database.db),
    callerLimits: {
      reads: new CallerReads(config.limits, writePath.counters),
      writes: new CallerWrites(config.limits, writePath.counters),
      anonymousWrites: openAnonymousWrites(config.limits),
      suspectedAddresses: new SuspectedAddresses(config.limits),
      storedBytes: new StoredBytes(config.limits, writePath.counters),
    },
    passwords: Object.assign(
      new PasswordPool(config.limits, { cores: availableParallelism(), threads: config.threadPoolSize }, config.passwordCost),
      {
        breached: openBreachedPasswords(config, outbound, writePath.counters, writePath.log),
      },
    ),
    links: openLinkUses(),
    rateLimits,
    outbound,
    limits: config.limits,
    buffered,
    publicUrl,
    productName: config.productName,
    origins: { allowed: config.allowedOrigins, refused: new RefusedOrigins(writePath.log, systemClock) },
    operator: {
      tokens: new OperatorTokens(database.lookups, config.operatorToken, uses.credentials),
      hasBootstrap: config.operatorToken !== null,
      hasOpenMetrics: config.hasOpenMetrics,
      readHealth: async () => ({
        database: database.kind,
        distrust: database.trust.distrust,
        missingOrganizations: readPath.swept.missing.slice(0, missingListedMax),
        writes: database.writes.problem ?? 'ok',
        bus: bus.status,
        revisionLagMs: Math.round(readPath.lagMs),
        sockets: connections.size,
      }),
      reportInstances,
    },
    retiredRoles: writePath.retiredRoles,
    singleOrganization: config.singleOrganization,
    defaultOrganization: config.defaultOrganization,
    terms: config.termsUrl !== null && config.privacyUrl !== null ? { termsUrl: config.termsUrl, privacyUrl: config.privacyUrl } : null,
    secret: writePath.keys,
    confirmRefusal: () => database.trust.confirm(),
    trustedProxies: config.trustedProxies,
    surveyViewers: (orgId) => liveViewers.survey(orgId),
    version,
  };
}
