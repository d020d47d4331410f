/**
 * `idle`: nothing is followed and the server ended the connection; it is made again when something is.
 * `closed`: for good, by `close()` or because the server won't have this credential (`reason`).
 */
export type ClientPhase = 'idle' | 'connecting' | 'connected' | 'reconnecting' | 'closed';

export interface ClientStatus {
  readonly phase: ClientPhase;
  /** Why the connection is not there, where that is known: `draining`, `credential-revoked`, `transport close`. */
  readonly reason: string | null;
  /**
   * Whether the instance we are connected to said last that its Redis is away: changes made on other instances arrive a
   * moment later then, and none is lost. False without a connection, and of a server that was set up without Redis.
   */
  readonly redisDown: boolean;
}

export const initialClientStatus: ClientStatus = Object.freeze({ phase: 'idle', reason: null, redisDown: false });

/**
 * `loading`: no copy yet. `live`: connected, whole and proven current within the lease. `reconnecting`: still within the
 * lease, but changes don't arrive. `stale`: the last proof is older than the lease, or the copy is being fetched anew.
 * `denied`, `revoked`, `closed`: ended for good, and the copy is gone.
 */
export type OrganizationPhase = 'loading' | 'live' | 'reconnecting' | 'stale' | 'denied' | 'revoked' | 'closed';

/** How much of a copy that is being fetched has come: `part` of `parts`. */
export interface LoadingProgress {
  readonly part: number;
  readonly parts: number;
}

export interface OrganizationStatus {
  readonly phase: OrganizationPhase;
  /** All up to here is in the state. Null without a copy. */
  readonly revision: number | null;
  /** Whether the server confirmed within the lease that the state was current. */
  readonly fresh: boolean;
  /** From the first part of a copy until it is whole, the first copy or one anew; else null. */
  readonly loading: LoadingProgress | null;
  /** Why it ended: `removed`, `two-factor-required`, `credential-expired`. */
  readonly reason: string | null;
}

export const initialOrganizationStatus: OrganizationStatus = Object.freeze({
  phase: 'loading',
  revision: null,
  fresh: false,
  loading: null,
  reason: null,
});
