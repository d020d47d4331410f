import type { InstanceReport, OrgRoleId } from '@rollcall/protocol';
import type { ResponseOf, serverHealthShape } from '@rollcall/protocol/rest/shapes';
import type { Db } from '../database/database.ts';
import type { AuthenticatedRequest, Credentials } from '../identity/authenticate.ts';
import type { Authentication } from '../identity/caller.ts';
import type { AttemptLimits } from '../identity/limits/attempt-limits.ts';
import type { RateLimits } from '../identity/limits/rate-limits.ts';
import type { BreachedPasswords } from '../identity/passwords/breached-passwords.ts';
import type { KnownDevices } from '../identity/passwords/known-devices.ts';
import type { PasswordPool } from '../identity/passwords/password-pool.ts';
import type { SessionCookie } from '../identity/session-cookie.ts';
import type { OperatorTokens } from '../identity/tokens/operator-tokens.ts';
import type { UseRecorder } from '../identity/use/use-recorder.ts';
import type { Outbound } from '../outbound/outbound.ts';
import type { Survey } from '../read-path/people/live-viewers.ts';
import type { Receipts } from '../receipts/receipts.ts';
import type { Limits } from '../runtime/limits/limits.ts';
import type { KeyedSemaphore, Semaphore } from '../runtime/limits/semaphore.ts';
import type { RefusedOrigins } from '../runtime/refused-origins.ts';
import type { KeyRing } from '../runtime/secrets/key-ring.ts';
import type { WritePath } from '../write-path/run-command.ts';
import type { EventServices } from './changes/event-connection.ts';
import type { BufferedBytes } from './limits/buffered-bytes.ts';
import type { CallerReads } from './limits/caller-reads.ts';
import type { CallerWrites } from './limits/caller-writes.ts';
import type { StoredBytes } from './limits/stored-bytes.ts';
import type { SuspectedAddresses } from './limits/suspected-addresses.ts';

/** Bounds what one caller, or one network, makes the server do at the same time or in total. */
export interface CallerLimits {
  readonly reads: CallerReads;
  readonly writes: CallerWrites;
  /** Writes of callers without a credential, by network. */
  readonly anonymousWrites: Semaphore;
  readonly suspectedAddresses: SuspectedAddresses;
  readonly storedBytes: StoredBytes;
}

/** The origins of browser pages. */
export interface BrowserOrigins {
  /** Origins that may call us, besides our own. Exact. */
  readonly allowed: readonly string[];
  readonly refused: RefusedOrigins;
}

/** Parts that only serve the operator. */
export interface OperatorServices {
  readonly tokens: OperatorTokens;
  /** `OPERATOR_TOKEN` is set. Without it, callers who are no operators find no operator API. */
  readonly hasBootstrap: boolean;
  /** `/metrics` is served without the operator's token. */
  readonly hasOpenMetrics: boolean;
  /** The state of this instance. */
  readHealth(): Promise<Omit<ResponseOf<typeof serverHealthShape>, 'status' | 'version'>>;
  /** The current and past state of all instances. */
  reportInstances(seconds: number): InstanceReport;
}

/**
 * The services of the core that endpoints use, assembled in `server/src/compose`. Those of features
 * also get the services of their feature.
 */
export interface Services {
  /** The database for reads. Writes go through `writePath`. */
  readonly db: Db;
  /** The database for the reads that each request begins with. See `Database`. */
  readonly lookups: Db;
  readonly writePath: WritePath;
  /** Waits until all instances have applied a write. */
  readonly receipts: Receipts;
  /**
   * Authenticates a request's credentials. Null if there are none.
   * @throws OrgError `unauthenticated`
   */
  authenticate(credentials: Credentials): Promise<Authentication | null>;
  /**
   * Authenticates a request's credentials, and finds the organization that its path names by id or
   * slug.
   * @throws OrgError `unauthenticated`
   */
  authenticateIn(credentials: Credentials, orgName: string): Promise<AuthenticatedRequest>;
  /** Subscriptions over HTTP, for the changes API. */
  readonly events: EventServices;
  readonly uses: UseRecorder;
  readonly sessionCookie: SessionCookie;
  /** The origin of an organization's identity provider. Null if people don't log in at one. */
  loginOriginOf(orgId: string): Promise<string | null>;
  readonly knownDevices: KnownDevices;
  readonly attempts: AttemptLimits;
  /** Computes all password hashes. */
  readonly passwords: PasswordPool & { readonly breached: BreachedPasswords };
  readonly callerLimits: CallerLimits;
  /** Uses of links from mails, each of which succeeds once. */
  readonly links: KeyedSemaphore;
  readonly rateLimits: RateLimits;
  /** Calls servers whose address an organization chose. */
  readonly outbound: Outbound;
  readonly limits: Limits;
  readonly buffered: BufferedBytes;
  /** The base URL of this server, absolute, without a trailing slash. */
  readonly publicUrl: string;
  /** The name of this server for its users: PRODUCT_NAME. */
  readonly productName: string;
  readonly origins: BrowserOrigins;
  readonly operator: OperatorServices;
  /** Roles that may not be newly assigned (REST contract 17.20). */
  readonly retiredRoles: ReadonlySet<OrgRoleId>;
  /** Single-organization mode (REST contract 14). */
  readonly singleOrganization: boolean;
  /** The terms that a user must agree to when they create an organization. Null for none. */
  readonly terms: { readonly termsUrl: string; readonly privacyUrl: string } | null;
  /** The configured default organization's id or slug, if any. */
  readonly defaultOrganization: string | null;
  /** Encrypts stored secrets that must be read again, such as TOTP seeds. */
  readonly secret: KeyRing;
  /** TRUSTED_PROXIES, for the warning about a missing proxy. */
  readonly trustedProxies: readonly string[];
  /** The viewers who are subscribed to an organization on any instance. */
  surveyViewers(orgId: string): Promise<Survey>;
  /** Rejects while the database is not trusted, see `DatabaseTrust`. */
  confirmRefusal(): Promise<void>;
  readonly version: string;
}
