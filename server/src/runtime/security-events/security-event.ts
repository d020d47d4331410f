import type { SecurityEventName, SecurityEventOutcome } from '@rollcall/protocol';

/** The caller of an event. It contains ids only, like the whole event. */
export interface EventCaller {
  readonly kind: 'user' | 'org-token' | 'service' | 'operator' | 'system';
  /** Null for the server itself. */
  readonly id: string | null;
  /** The id is null for a JWT, which the server does not store. */
  readonly credential: { readonly kind: 'session' | 'token' | 'jwt'; readonly id: string | null } | null;
}

export interface EventTarget {
  readonly kind: string;
  readonly id: string;
}

/** The request that causes an event. */
export interface EventOrigin {
  /** Null for a caller who was not authenticated. */
  readonly caller: EventCaller | null;
  /** As `addressOf` returns it. Null if it is unknown. */
  readonly address: string | null;
  /** Null for an event of the whole server. */
  readonly orgId: string | null;
  readonly requestId: string | null;
}

/** An event as the code that causes it describes it. */
export interface NewSecurityEvent extends EventOrigin {
  readonly event: SecurityEventName;
  readonly kind?: string | null;
  readonly outcome: SecurityEventOutcome;
  readonly target?: EventTarget | null;
}

/** An event as it is logged and stored. */
export interface SecurityEvent extends Required<NewSecurityEvent> {
  /** The number of events that it stands for. */
  readonly count: number;
  readonly instance: string;
  /** ISO 8601. */
  readonly dateCreated: string;
}
