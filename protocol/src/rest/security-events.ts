import type { SecurityEventName, SecurityEventOutcome } from '../security-events.ts';
import type { ResponseOf, securityEventRunShape, securityEventShape } from './shapes/index.ts';

export type RestSecurityEvent = ResponseOf<typeof securityEventShape>;
export type RestSecurityEventRun = ResponseOf<typeof securityEventRunShape>;

export interface SecurityEventFilter {
  readonly event?: SecurityEventName;
  readonly outcome?: SecurityEventOutcome;
  /** Id of a user or of a token. */
  readonly caller?: string;
  /** An IP address. */
  readonly address?: string;
  /** ISO 8601. */
  readonly start?: string;
  readonly end?: string;
}
