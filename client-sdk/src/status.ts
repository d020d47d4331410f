/**
 * - `idle`: the client has no subscriptions and the server ended the connection. The next
 *   subscription connects again.
 * - `closed`: permanent, after `close()` or because the server doesn't accept the credential
 *   (`reason`).
 */
export type ClientPhase = 'idle' | 'connecting' | 'connected' | 'reconnecting' | 'closed';

export interface ClientStatus {
  readonly phase: ClientPhase;
  /**
   * Why there is no connection, if known: `draining`, `credential-revoked`, `transport close`. With
   * `unknown-user`, the token is valid, but its user does not exist yet. The client tries again.
   */
  readonly reason: string | null;
  /**
   * Whether the server instance last reported that its Redis is down. Changes made on other
   * instances then arrive later, but none is lost. False without a connection, and for a server
   * without Redis.
   */
  readonly redisDown: boolean;
}

export const initialClientStatus: ClientStatus = Object.freeze({ phase: 'idle', reason: null, redisDown: false });

/**
 * - `loading`: no replica yet.
 * - `live`: connected, complete, and proven current within the lease.
 * - `reconnecting`: within the lease, but changes don't arrive.
 * - `stale`: the last proof is older than the lease, or a new snapshot is being fetched.
 * - `denied`, `refused`, `revoked`, `closed`: ended permanently, and the replica was dropped. Only
 *   with the reason `organization-missing`, `state` keeps the last copy.
 *   `refused` means that a limit of the connection is reached (`reason`).
 */
export type OrganizationPhase = 'loading' | 'live' | 'reconnecting' | 'stale' | 'denied' | 'refused' | 'revoked' | 'closed';

/** The progress of a snapshot that is being fetched: `part` of `parts`. */
export interface LoadingProgress {
  readonly part: number;
  readonly parts: number;
}

export interface OrganizationStatus {
  readonly phase: OrganizationPhase;
  /** The state contains all changes up to this revision. Null without a replica. */
  readonly revision: number | null;
  /** Whether the server confirmed within the lease that the state was current. */
  readonly fresh: boolean;
  /**
   * Set from the first part of a snapshot until it is complete, for a first snapshot and for later
   * ones. Otherwise null.
   */
  readonly loading: LoadingProgress | null;
  /** Why it ended: `removed`, `credential-expired`, `too-many-subscriptions`. */
  readonly reason: string | null;
}

export const initialOrganizationStatus: OrganizationStatus = Object.freeze({
  phase: 'loading',
  revision: null,
  fresh: false,
  loading: null,
  reason: null,
});
