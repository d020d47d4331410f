import assert from 'node:assert/strict';
import { io, type Socket } from 'socket.io-client';
import type { WebSocket } from 'ws';
import {
  addToChecksum,
  type Change,
  type Checksum,
  emptyChecksum,
  OrgState,
  type PongFrame,
  type RevokedFrame,
  type SnapshotEndFrame,
  type SnapshotFrame,
  type StepFrame,
  type SubscribeAck,
} from '../../protocol/src/index.ts';
import { eventually } from './eventually.ts';

/** Any frame, as received. */
export interface ReceivedFrame {
  readonly event: string;
  // biome-ignore lint/suspicious/noExplicitAny: the payload of any event; what matters is asserted.
  readonly payload: any;
}

/**
 * A token, or the cookie of a session with other headers that a browser sends, and the address that
 * it sends from.
 */
export type WireCredential =
  | string
  | { readonly cookie: string; readonly headers?: Readonly<Record<string, string>>; readonly localAddress?: string };

function credentialOptions(credential: WireCredential) {
  if (typeof credential === 'string') return { auth: { token: credential, v: 1 } };
  const { cookie, headers, ...options } = credential;
  return { ...options, auth: { v: 1 }, extraHeaders: { Cookie: cookie, ...headers } };
}

/** Beyond this, a frame counts as lost. A busy machine may need seconds to send it. */
const waitMsMax = 30_000;
const patient = { timeoutMs: waitMsMax };

/**
 * A subscriber that follows the protocol's table strictly, and fails at the first frame that
 * violates a rule. Deliberately not the SDK: it shares only the reducer with it.
 */
export class WireReplica {
  readonly socket: Socket;
  readonly frames: ReceivedFrame[] = [];
  /** The first violated rule, if any. */
  violation: Error | null = null;
  state = new OrgState();
  revision = -1;
  cursor: string | null = null;
  orgId: string | null = null;
  revoked: RevokedFrame | null = null;
  isLive = false;
  /** Called whenever the replica is complete and was changed. */
  onChange: () => void = () => {};
  #nonce = 0;
  #pieces: Change[] = [];
  #parts = 0;

  constructor(url: string, credential: WireCredential) {
    this.socket = io(url, { ...credentialOptions(credential), transports: ['websocket'], reconnection: false, forceNew: true });
    this.socket.onAny((event: string, payload: unknown) => {
      this.frames.push({ event, payload });
      try {
        this.#receive(event, payload);
      } catch (error) {
        this.violation ??= error as Error;
      }
    });
  }

  static async connect(url: string, credential: WireCredential): Promise<WireReplica> {
    const replica = new WireReplica(url, credential);
    await replica.#connected();
    return replica;
  }

  /** Connects a closed replica again, which keeps its records and has no subscription. */
  async reconnect(): Promise<void> {
    this.socket.connect();
    await this.#connected();
  }

  #connected(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.once('connect', resolve);
      this.socket.once('connect_error', reject);
    });
  }

  /** Subscribes and waits until the replica is complete. */
  static async open(url: string, credential: WireCredential, org: string): Promise<WireReplica> {
    const replica = await WireReplica.connect(url, credential);
    const answer = await replica.subscribe(org);
    assert.notEqual(answer.mode, 'denied', 'the subscription was denied');
    await replica.live();
    return replica;
  }

  async subscribe(org: string, options: { cursor?: string | null; collections?: string[] } = {}): Promise<SubscribeAck> {
    this.isLive = false;
    return new Promise((resolve, reject) => {
      // The acknowledgement is handled in the callback, not after a promise, because the first
      // frame may be in the same packet of the transport.
      this.socket.timeout(waitMsMax).emit('subscribe', { org, ...options }, (error: Error | null, answer: SubscribeAck) => {
        if (error) return reject(error);
        if ('org' in answer) this.orgId = answer.org;
        if (answer.mode === 'resume') this.isLive = true;
        resolve(answer);
      });
    });
  }

  live(): Promise<void> {
    return eventually(() => {
      this.check();
      assert.ok(this.isLive, 'the replica is not complete yet');
    }, patient);
  }

  /**
   * Pings until the revision is reached. A range without visible changes brings no step (rule R8).
   */
  async reach(revision: number): Promise<void> {
    this.ping();
    await eventually(() => {
      this.check();
      assert.ok(this.revision >= revision, `at revision ${this.revision}, waiting for ${revision}`);
    }, patient);
  }

  ping(): void {
    this.socket.emit('ping', { nonce: ++this.#nonce });
  }

  check(): void {
    if (this.violation) throw this.violation;
  }

  records(): Map<string, unknown> {
    return new Map([...this.state.all()].map(({ kind, record }) => [`${kind}/${record.id}`, record]));
  }

  checksum(): Checksum {
    let checksum = emptyChecksum;
    for (const { kind, record } of this.state.all()) checksum = addToChecksum(checksum, kind, record);
    return checksum;
  }

  close(): void {
    this.socket.disconnect();
  }

  /** Stops reading from the network, like a client that is too busy or has a slow connection. */
  pause(): void {
    this.#webSocket().pause();
  }

  resume(): void {
    this.#webSocket().resume();
  }

  /** The `ws` socket below Socket.IO and Engine.IO, which their types don't expose. */
  #webSocket(): WebSocket {
    return (this.socket.io.engine.transport as unknown as { ws: WebSocket }).ws;
  }

  #receive(event: string, payload: unknown): void {
    switch (event) {
      case 'snapshot':
        this.#snapshot(payload as SnapshotFrame);
        return;
      case 'snapshot-end':
        this.#snapshotEnd(payload as SnapshotEndFrame);
        return;
      case 'step':
        this.#step(payload as StepFrame);
        return;
      case 'pong':
        this.#pong(payload as PongFrame);
        return;
      case 'revoked':
        this.revoked = payload as RevokedFrame;
        this.state = new OrgState();
        this.isLive = false;
        return;
      case 'resync':
        this.#pieces = [];
        this.state = new OrgState();
        this.isLive = false;
        return;
      default:
        return;
    }
  }

  #assertNotRevoked(event: string): void {
    assert.equal(this.revoked, null, `[A2] a ${event} arrived after revoked`);
  }

  #snapshot({ part, records }: SnapshotFrame): void {
    this.#assertNotRevoked('snapshot');
    if (part === 0) {
      this.state = new OrgState();
      this.isLive = false;
      this.#parts = 0;
    }
    assert.equal(part, this.#parts, 'a part of a snapshot arrived out of order');
    this.#parts = part + 1;
    for (const { kind, record } of records) this.state.put(kind, record);
  }

  #snapshotEnd({ revision, cursor, count, sum, changes = [] }: SnapshotEndFrame): void {
    this.#assertNotRevoked('snapshot-end');
    for (const change of changes) this.state.apply(change as Change);
    this.revision = revision;
    this.cursor = cursor;
    this.isLive = true;
    assert.deepEqual(this.checksum(), { count, sum }, `[F3] the snapshot at ${revision} has another checksum`);
    this.onChange();
  }

  #step({ from, to, cursor, changes, more }: StepFrame): void {
    this.#assertNotRevoked('step');
    assert.ok(this.isLive, '[R5] a step arrived between the parts of a snapshot');
    assert.ok(from < to, 'a step has an empty range');
    if (to <= this.revision) return;
    assert.ok(from <= this.revision, `[R6] a step from ${from} arrived at ${this.revision}: an earlier one is missing`);
    this.#pieces.push(...(changes as Change[]));
    if (more) return;
    for (const change of this.#pieces) this.state.apply(change);
    this.#pieces = [];
    this.revision = to;
    this.cursor = cursor;
    this.onChange();
  }

  #pong({ orgs }: PongFrame): void {
    const position = this.orgId === null ? undefined : orgs[this.orgId];
    if (!position || !this.isLive || position.revision < this.revision) return;
    const { revision, cursor, count, sum } = position;
    assert.deepEqual(
      this.checksum(),
      { count, sum },
      `[F3] the pong at ${revision} has another checksum than the replica at ${this.revision}`,
    );
    this.revision = revision;
    this.cursor = cursor;
    this.onChange();
  }
}
