import * as z from 'zod/mini';
import { collectionSchema } from './collections.ts';
import { pageNamePattern, resubscribeReasons } from './frames.ts';

// The frames that clients send. Clients don't import this module, so that their bundles leave it
// out.

/** Tokens of other issuers contain groups and more. A message may have twice this size. */
export const handshakeTokenLengthMax = 8_192;

export const handshakeAuthSchema = z.object({
  token: z.optional(z.string().check(z.maxLength(handshakeTokenLengthMax))),
  v: z.optional(z.unknown()),
});

/** Without a token, requests the identity and the remaining life of the current credential. */
export const credentialSchema = z.object({ token: z.optional(z.string().check(z.minLength(1), z.maxLength(handshakeTokenLengthMax))) });

const staleMsSchema = z.number().check(z.nonnegative());

/** A slug or an id. */
const orgNameSchema = z.string().check(z.regex(/^[A-Za-z0-9-]{1,64}$/));

export const subscribeSchema = z.object({
  org: orgNameSchema,
  collections: z.optional(z.array(collectionSchema).check(z.minLength(1), z.maxLength(16))),
  /** The cursor received earlier, opaque to the client. */
  cursor: z.nullish(z.string().check(z.maxLength(512))),
  /**
   * For the operator's log and metrics only, so an invalid value doesn't reject the subscription.
   */
  because: z.catch(z.optional(z.enum([...resubscribeReasons, 'other'])), 'other'),
  staleMs: z.catch(z.optional(staleMsSchema), undefined),
});
export type Subscribe = z.infer<typeof subscribeSchema>;

export const unsubscribeSchema = z.object({ org: orgNameSchema });
export const pingSchema = z.object({
  nonce: z.union([z.string().check(z.maxLength(64)), z.int()]),
  /**
   * The client's replicas that are older than their lease, with the time since then. By
   * organization id.
   */
  staleMs: z.catch(z.optional(z.record(z.string(), staleMsSchema)), undefined),
  /** Whether the client accepts a pong in pieces. */
  pieces: z.catch(z.optional(z.boolean()), undefined),
});
export type Ping = z.infer<typeof pingSchema>;

export const presenceSchema = z.object({
  org: orgNameSchema,
  /** The page that the user views. Absent for the organization as a whole. */
  page: z.optional(z.string().check(z.regex(pageNamePattern))),
  /** The user stopped viewing. */
  leave: z.optional(z.literal(true)),
});
