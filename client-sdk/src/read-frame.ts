import {
  type Checksum,
  type PongFrame,
  pongFrameSchema,
  resyncFrameSchema,
  revokedFrameSchema,
  type SubscribeAck,
  snapshotEndFrameSchema,
  snapshotFrameSchema,
  stepFrameSchema,
  subscribeAckSchema,
} from '@rollcall/protocol';
import type * as z from 'zod/mini';
import type { ReplicaInput } from './replica-state.ts';

// Parses what arrives from the server. An unreadable frame becomes an input that fetches a new
// snapshot, never an exception.

type FrameReader = (payload: unknown) => ReplicaInput | null;

const readers: { readonly [name: string]: FrameReader } = {
  snapshot: reader(snapshotFrameSchema, (frame) => ({ type: 'snapshot', frame })),
  'snapshot-end': reader(snapshotEndFrameSchema, (frame) => ({ type: 'snapshot-end', frame }) as ReplicaInput),
  step: reader(stepFrameSchema, (frame) => ({ type: 'step', frame })),
  revoked: reader(revokedFrameSchema, ({ revision, reason }) => ({ type: 'revoked', revision, reason })),
  resync: reader(resyncFrameSchema, ({ reason }) => ({ type: 'resync', reason })),
};

function reader<S extends z.ZodMiniType>(schema: S, toInput: (frame: z.output<S>) => ReplicaInput): FrameReader {
  return (payload) => {
    const parsed = schema.safeParse(payload);
    return parsed.success ? toInput(parsed.data) : null;
  };
}

export function isOrganizationFrame(name: string): boolean {
  return Object.hasOwn(readers, name);
}

/**
 * The machine input for a frame about one organization. Null for frames that this version doesn't
 * know.
 */
export function readOrganizationFrame(name: string, payload: unknown): ReplicaInput | null {
  const read = Object.hasOwn(readers, name) ? readers[name] : undefined;
  return read ? (read(payload) ?? unreadable(name)) : null;
}

export function readAck(attempt: number, reply: unknown): ReplicaInput {
  const ack = subscribeAckSchema.safeParse(reply);
  return ack.success ? { type: 'acknowledged', attempt, ack: ack.data as SubscribeAck } : { type: 'no-answer', attempt };
}

export function readPong(payload: unknown): PongFrame | null {
  return pongFrameSchema.safeParse(payload).data ?? null;
}

/**
 * The machine input for one organization's part of a pong. Null if the pong doesn't contain the
 * organization, or belongs to a ping that wasn't sent.
 */
export function pongInput(
  { orgs }: PongFrame,
  sentAt: number | null,
  { orgId, checksum }: { readonly orgId: string | null; readonly checksum: Checksum },
): ReplicaInput | null {
  const server = orgId !== null && Object.hasOwn(orgs, orgId) ? orgs[orgId] : undefined;
  return server && sentAt !== null ? { type: 'pong', sentAt, server, local: checksum } : null;
}

export function unreadable(name: string): ReplicaInput {
  return { type: 'failed', kind: 'handler-failed', detail: `A ${name} frame could not be read.` };
}
