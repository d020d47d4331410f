import * as z from 'zod/mini';
import { changeSchema, orgRecordSchema } from './changes.ts';
import { revisionSchema } from './ids.ts';
import type { OrgStatus } from './records.ts';
import type { OrgRoleId } from './roles.ts';

/** The wire protocol, version 1. The server rejects unknown fields, and clients ignore them. */
export const wireVersion = 1;

/**
 * A frame with more changes is sent in pieces with `more`. A change has about 300 bytes, so a piece
 * stays near 150 KB.
 */
export const changesPerFrameMax = 500;

/**
 * The problems that a client can find in its replica before it subscribes again. A newer client may
 * have others.
 */
export const resubscribeReasons = [
  'gap',
  'broken-pieces',
  'broken-snapshot',
  'checksum',
  'unknown-op',
  'handler-failed',
  'no-answer',
] as const;
export type ResubscribeReason = (typeof resubscribeReasons)[number];

/** The name of a page: printable ASCII, so that many fit into a message between instances. */
export const pageNameLengthMax = 64;

export const pageNamePattern = new RegExp(`^[\\x20-\\x7e]{1,${pageNameLengthMax}}$`);

export function isPageName(text: string): boolean {
  return pageNamePattern.test(text);
}

export const subscribeAckSchema = z.union([
  z.looseObject({ mode: z.enum(['snapshot', 'resume']), org: z.string(), revision: revisionSchema }),
  z.looseObject({ mode: z.literal('denied'), reason: z.optional(z.string()) }),
  z.looseObject({ mode: z.literal('refused'), reason: z.string() }),
]);
/**
 * Ends the access to an organization that is missing from the database, although it was not
 * removed: a restored backup doesn't contain it.
 */
export const organizationMissing = 'organization-missing';

/** The limits that a subscription can exceed. A newer server may have others. */
export type SubscribeRefusal = 'too-many-subscriptions' | 'too-many-audiences';
export type SubscribeAck =
  | { readonly org: string; readonly mode: 'snapshot' | 'resume'; readonly revision: number }
  /** The reason is absent, unless a service asked for an organization that the database lost. */
  | { readonly mode: 'denied'; readonly reason?: typeof organizationMissing }
  /** A limit is reached. The other subscriptions of the connection continue. */
  | { readonly mode: 'refused'; readonly reason: SubscribeRefusal };

export const snapshotFrameSchema = z.looseObject({
  org: z.string(),
  part: z.int().check(z.nonnegative()),
  parts: z.int().check(z.positive()),
  records: z.array(z.looseObject({ kind: z.string(), id: z.string(), record: orgRecordSchema })),
});
export type SnapshotFrame = z.infer<typeof snapshotFrameSchema>;

export const snapshotEndFrameSchema = z.looseObject({
  org: z.string(),
  revision: revisionSchema,
  cursor: z.string(),
  count: z.int(),
  sum: z.int(),
  changes: z.optional(z.array(changeSchema)),
});
export type SnapshotEndFrame = z.infer<typeof snapshotEndFrameSchema>;

export const stepFrameSchema = z.looseObject({
  org: z.string(),
  from: revisionSchema,
  to: revisionSchema,
  cursor: z.string(),
  changes: z.array(changeSchema),
  view: z.optional(z.literal(true)),
  more: z.optional(z.literal(true)),
});
export type StepFrame = z.infer<typeof stepFrameSchema>;

export const pongFrameSchema = z.looseObject({
  nonce: z.union([z.string(), z.int()]),
  orgs: z.record(z.string(), z.looseObject({ revision: revisionSchema, cursor: z.string(), count: z.int(), sum: z.int() })),
  /** `redis-down` while this instance's Redis is down. Otherwise absent, or of a newer server. */
  bus: z.optional(z.unknown()),
  /** Another piece of the pong follows, with other organizations. */
  more: z.optional(z.literal(true)),
});
export type PongFrame = z.infer<typeof pongFrameSchema>;

export const revokeReasons = [
  'removed',
  'organization-removed',
  organizationMissing,
  'two-factor-required',
  'sso-required',
  'sudo-required',
  'address-not-allowed',
] as const;
export type RevokeReason = (typeof revokeReasons)[number];
export const revokedFrameSchema = z.looseObject({ org: z.string(), revision: revisionSchema, reason: z.string() });
export type RevokedFrame = z.infer<typeof revokedFrameSchema>;

export const resyncFrameSchema = z.looseObject({ org: z.string(), reason: z.string() });
export type ResyncFrame = z.infer<typeof resyncFrameSchema>;

/**
 * An organization to which the caller belongs. Access to it may be blocked, for example until they
 * set up a second factor.
 */
export const listedOrganizationSchema = z.looseObject({
  id: z.string(),
  slug: z.string(),
  name: z.string(),
  status: z.string(),
  orgRole: z.optional(z.string()),
  blocked: z.optional(z.string()),
  externalId: z.optional(z.string()),
});
export interface ListedOrganization {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly status: OrgStatus;
  /** The caller's role. Absent for a service, which has none. */
  readonly orgRole?: OrgRoleId;
  /**
   * Why the caller has no access to it. Absent if they have. A newer server may have other reasons.
   */
  readonly blocked?: 'two-factor-required' | 'sso-required';
  /** The organization's external id, if it has one. Only service tokens see it. */
  readonly externalId?: string;
}

/**
 * All organizations of the caller, by slug. Sent in response to `organizations`, and again after
 * each change.
 */
export const organizationsFrameSchema = z.looseObject({
  /** The number of the list on this connection. */
  version: z.int().check(z.nonnegative()),
  organizations: z.array(listedOrganizationSchema),
  part: z.optional(z.int().check(z.nonnegative())),
  parts: z.optional(z.int().check(z.positive())),
});
export interface OrganizationsFrame {
  readonly version: number;
  readonly organizations: readonly ListedOrganization[];
  /** The index of this part, from 0. Both are absent in a user's list, which has one part. */
  readonly part?: number;
  readonly parts?: number;
}
/** A list with more organizations is sent in parts. At 150 bytes each, a part has 150 KB. */
export const organizationsPerFrameMax = 1_000;

export const viewerSchema = z.looseObject({ userId: z.string(), name: z.string(), page: z.nullable(z.string()), since: z.string() });
/** A user who views an organization, listed once regardless of the number of windows. */
export interface OrganizationViewer {
  readonly userId: string;
  readonly name: string;
  readonly page: string | null;
  /** ISO 8601. */
  readonly since: string;
}

/** All users who view an organization, including the recipient. */
export const presenceFrameSchema = z.looseObject({ org: z.string(), viewers: z.array(viewerSchema), count: z.int() });
export interface PresenceFrame {
  readonly org: string;
  /** The first 100 in the order of their arrival. */
  readonly viewers: readonly OrganizationViewer[];
  /** The total number of viewers. */
  readonly count: number;
}

export type GoodbyeReason = 'credential-revoked' | 'credential-expired' | 'user-disabled' | 'draining' | 'overloaded' | 'slow';
/**
 * The shortest and the longest delay. The client reconnects at a random time within, so that
 * clients don't reconnect all at once.
 */
const retryRangeSchema = z.tuple([z.int().check(z.nonnegative()), z.int().check(z.nonnegative())]);
export const goodbyeFrameSchema = z.looseObject({
  reason: z.string(),
  /** Null if the client must not reconnect with this credential. */
  retryAfterMs: z.nullable(retryRangeSchema),
});
export type GoodbyeFrame = z.infer<typeof goodbyeFrameSchema>;

export type ConnectRefusalCode = 'unauthenticated' | 'expired' | 'unsupported-version' | 'overloaded' | 'draining';
export const connectRefusalSchema = z.looseObject({
  code: z.string(),
  reason: z.optional(z.string()),
  retryAfterMs: z.optional(retryRangeSchema),
});
export interface ConnectRefusal {
  readonly code: ConnectRefusalCode;
  /**
   * With `unauthenticated`: the user of a valid token does not exist yet. The client tries again.
   */
  readonly reason?: 'unknown-user';
  readonly retryAfterMs?: readonly [number, number];
}

/** The response to `credential`: the connection's credential, or why the new one was refused. */
export const credentialAckSchema = z.union([
  z.looseObject({ identity: z.string(), expiresInMs: z.nullable(z.number()) }),
  z.looseObject({ code: z.literal('other-viewer'), identity: z.string() }),
  connectRefusalSchema,
]);
export type CredentialAck =
  | {
      /** Equal for all credentials of one user, or of one organization. */
      readonly identity: string;
      /** Null if it does not expire. */
      readonly expiresInMs: number | null;
    }
  /** The credential is valid, but only for a new connection. */
  | { readonly code: 'other-viewer'; readonly identity: string }
  | ConnectRefusal;
