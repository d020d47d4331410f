import type { ConnectionSettings } from './connection.ts';
import type { ErrorHandler } from './emitter.ts';
import type { OrganizationChoice } from './subscribed-organizations.ts';
import type { Timers } from './timers.ts';
import type { WhenStale } from './when-stale.ts';

/** The options of `connect` with their defaults, and what tests replace. */
export interface ClientSettings extends ConnectionSettings {
  readonly timers: Timers;
  readonly leaseMs: number;
  readonly whenStale: WhenStale;
  readonly onError: ErrorHandler;
  readonly organizations: OrganizationChoice | undefined;
  readonly recordsMax: number;
}
