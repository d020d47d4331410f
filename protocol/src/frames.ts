import * as z from 'zod/mini';
import { changeSchema, orgRecordSchema } from './changes.ts';
import { revisionSchema } from './ids.ts';
import { collectionSchema, type OrgStatus } from './records.ts';
import type { OrgRoleId } from './roles.ts';

/** The wire, version 1. The server is strict about what comes up; a client ignores fields it does not know. */
export const wireVersion = 1;

/** Frames above this many changes travel in pieces with `more`: about 300 bytes each, so a piece stays near 150 KB. */
export const changesPerFrameMax = 500;

// Up

/** Tokens of other issuers name groups and more; what a message may hold is twice that. */
export const handshakeTokenLengthMax = 8_192;

export const handshakeAuthSchema = z.object({
  token: z.optional(z.string().check(z.maxLength(handshakeTokenLengthMax))),
  v: z.optional(z.unknown()),
});

/** What a client can find wrong with its copy, so that it subscribes anew. A newer client may know others. */
export const doubts = ['gap', 'broken-pieces', 'broken-snapshot', 'checksum', 'unknown-op', 'handler-failed', 'no-answer'] as const;
export type Doubt = (typeof doubts)[number];

const staleMsSchema = z.number().check(z.nonnegative());

/** A slug or an id. */
const orgNameSchema = z.string().check(z.regex(/^[A-Za-z0-9-]{1,64}$/));

export const subscribeSchema = z.object({
  org: orgNameSchema,
  collections: z.optional(z.array(collectionSchema).check(z.minLength(1), z.maxLength(16))),
  /** As received earlier, opaque to the client. */
  cursor: z.nullish(z.string().check(z.maxLength(512))),
  /** For the operator's log and numbers only, so what is wrong with them never costs the subscription. */
  because: z.catch(z.optional(z.enum([...doubts, 'other'])), 'other'),
  staleMs: z.catch(z.optional(staleMsSchema), undefined),
});
export type Subscribe = z.infer<typeof subscribeSchema>;

export const unsubscribeSchema = z.object({ org: orgNameSchema });
export const pingSchema = z.object({
  nonce: z.union([z.string().check(z.maxLength(64)), z.int()]),
  /** Which of the client's copies are older than their lease, and for how long they have been. By organization id. */
  staleMs: z.catch(z.optional(z.record(z.string(), staleMsSchema)), undefined),
});

/** A page's name: printable ASCII, so that many fit in a message between instances. */
export const pageNameLengthMax = 64;

const pageNamePattern = new RegExp(`^[\\x20-\\x7e]{1,${pageNameLengthMax}}$`);

export function isPageName(text: string): boolean {
  return pageNamePattern.test(text);
}

export const presenceSchema = z.object({
  org: orgNameSchema,
  /** What one looks at. Absent: the organization, no matter where. */
  page: z.optional(z.string().check(z.regex(pageNamePattern))),
  /** One looks no longer. */
  leave: z.optional(z.literal(true)),
});

// Down

export const subscribeAnswerSchema = z.union([
  z.looseObject({ mode: z.enum(['snapshot', 'resume']), org: z.string(), revision: revisionSchema }),
  z.looseObject({ mode: z.literal('denied') }),
]);
export type SubscribeAnswer =
  | { readonly org: string; readonly mode: 'snapshot' | 'resume'; readonly revision: number }
  | { readonly mode: 'denied' };

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
  /** Only while this instance's Redis is away. A newer server may know more to say of it, which costs nobody a pong. */
  bus: z.catch(z.optional(z.literal('redis-down')), undefined),
});
export type PongFrame = z.infer<typeof pongFrameSchema>;

export const revokeReasons = ['removed', 'organization-removed', 'two-factor-required', 'sso-required', 'address-not-allowed'] as const;
export type RevokeReason = (typeof revokeReasons)[number];
export const revokedFrameSchema = z.looseObject({ org: z.string(), revision: revisionSchema, reason: z.string() });
export type RevokedFrame = z.infer<typeof revokedFrameSchema>;

export const resyncFrameSchema = z.looseObject({ org: z.string(), reason: z.string() });
export type ResyncFrame = z.infer<typeof resyncFrameSchema>;

/** One that the caller belongs to. It may be one that they cannot see into: it wants a second factor, say. */
export const listedOrganizationSchema = z.looseObject({
  id: z.string(),
  slug: z.string(),
  name: z.string(),
  status: z.string(),
  orgRole: z.string(),
  blocked: z.optional(z.string()),
});
export interface ListedOrganization {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly status: OrgStatus;
  readonly orgRole: OrgRoleId;
  /** Why the caller may not see into it. Absent when they may. A newer server may know other reasons. */
  readonly blocked?: 'two-factor-required';
}

/** All of them, by slug: an answer to `organizations`, and whenever they change after it. */
export const organizationsFrameSchema = z.looseObject({
  /** Counts the lists of one connection. */
  version: z.int().check(z.nonnegative()),
  organizations: z.array(listedOrganizationSchema),
});
export interface OrganizationsFrame {
  readonly version: number;
  readonly organizations: readonly ListedOrganization[];
}

export const viewerSchema = z.looseObject({ userId: z.string(), name: z.string(), page: z.nullable(z.string()), since: z.string() });
/** Somebody who looks at an organization, once however many windows they have. */
export interface OrganizationViewer {
  readonly userId: string;
  readonly name: string;
  readonly page: string | null;
  /** ISO 8601. */
  readonly since: string;
}

/** All who look at an organization, oneself among them. */
export const presenceFrameSchema = z.looseObject({ org: z.string(), viewers: z.array(viewerSchema), count: z.int() });
export interface PresenceFrame {
  readonly org: string;
  /** The first to come, 100 at most. */
  readonly viewers: readonly OrganizationViewer[];
  /** How many there are. */
  readonly count: number;
}

export type GoodbyeReason = 'credential-revoked' | 'credential-expired' | 'user-disabled' | 'draining' | 'overloaded' | 'slow';
/** From and to: whoever is sent away comes back at a random time within, so that they don't come as one. */
const retryRangeSchema = z.tuple([z.int().check(z.nonnegative()), z.int().check(z.nonnegative())]);
export const goodbyeFrameSchema = z.looseObject({
  reason: z.string(),
  /** Null: do not come back with this credential. */
  retryAfterMs: z.nullable(retryRangeSchema),
});
export type GoodbyeFrame = z.infer<typeof goodbyeFrameSchema>;

export type ConnectRefusalCode = 'unauthenticated' | 'expired' | 'unsupported-version' | 'overloaded' | 'draining';
export const connectRefusalSchema = z.looseObject({ code: z.string(), retryAfterMs: z.optional(retryRangeSchema) });
export interface ConnectRefusal {
  readonly code: ConnectRefusalCode;
  readonly retryAfterMs?: readonly [number, number];
}
