import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { addToChecksum, type Change, type ConnectRefusal, collectionOf, emptyChecksum, OrgState } from '@rollcall/protocol';
import { Server, type Socket } from 'socket.io';
import type { KindAndRecord } from '../../unit/client-sdk/records.ts';

type Changes = readonly Change[];
type Collections = readonly string[] | undefined;

interface TinyPing {
  readonly nonce: unknown;
  readonly pieces?: unknown;
  readonly staleMs?: { readonly [orgId: string]: number };
}

/**
 * A server of one organization (id 1, slug acme) that implements only the wire protocol and obeys a
 * test: it can lose steps, send wrong data, and close connections. It tests the client only. The
 * real server is tested elsewhere.
 */
export class TinyServer {
  readonly #http = createServer((request, response) => this.answerRest(request, response));
  readonly #io = new Server(this.#http, { transports: ['websocket', 'polling'] });
  /**
   * The subscribed sockets, with the collections of each. A later subscription of the same socket
   * replaces the earlier one.
   */
  readonly #subscribers = new Map<Socket, Collections>();
  readonly #log: { readonly revision: number; readonly changes: Changes }[] = [];
  readonly state = new OrgState();
  revision = 10;

  /** The auth of each handshake. */
  readonly handshakes: unknown[] = [];
  /** The request of each subscription. */
  readonly subscriptions: {
    readonly org: string;
    readonly cursor?: string;
    readonly collections?: readonly string[];
    readonly because?: string;
    readonly staleMs?: number;
  }[] = [];
  pingCount = 0;
  /** The staleness of the replica in the latest ping. Null if it had none. */
  reportedStaleMs: number | null = null;

  refusal: ConnectRefusal | null = null;
  isDenying = false;
  answersPings = true;
  /** Whether a piece with other organizations precedes the organization's piece of each pong. */
  sendsPongPieces = false;
  /** Additional fields of each pong. */
  pongExtra: object = {};
  answersSubscriptions = true;
  /** The time before each frame of a snapshot. */
  partMs = 0;
  /** The person of the credentials. Null for a server without renewals of credentials. */
  identity: string | null = null;
  /** The permission table that each new connection receives. Null if there was never one. */
  permissions: object | null = null;
  organizations: readonly object[] = [];
  /** Additional fields of each list. */
  listExtra: object = {};
  organizationsAsked = 0;
  /** The presence messages of clients. */
  readonly looks: object[] = [];
  /** The number of further requests that get no list. */
  organizationsWithheld = 0;
  answerRest = (_request: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(404).end();
  };

  constructor(records: readonly KindAndRecord[]) {
    for (const { kind, record } of records) this.state.put(kind, record);
    this.#io.use((socket, next) => {
      this.handshakes.push(socket.handshake.auth);
      const { refusal } = this;
      next(refusal ? Object.assign(new Error(refusal.code), { data: refusal }) : undefined);
    });
    this.#io.on('connection', (socket) => this.#serve(socket));
  }

  static async open(...records: KindAndRecord[]): Promise<TinyServer> {
    const server = new TinyServer(records);
    await new Promise<void>((resolve) => server.#http.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  #recordsOf(collections: Collections): KindAndRecord[] {
    const all = [...this.state.all()].map(({ kind, record }) => ({ kind, id: record.id, record }));
    return collections ? all.filter(({ kind, record }) => collections.includes(collectionOf(kind, record) ?? '')) : all;
  }

  #checksumOf(collections: Collections) {
    let checksum = emptyChecksum;
    for (const { kind, record } of this.#recordsOf(collections)) checksum = addToChecksum(checksum, kind, record);
    return checksum;
  }

  get cursor(): string {
    return `at-${this.revision}`;
  }

  /** Commits one revision and sends it to the subscribers. */
  write(...changes: Change[]): void {
    const from = this.revision;
    this.#commit(changes);
    this.send('step', { org: '1', from, to: this.revision, cursor: this.cursor, changes });
  }

  /** Commits one revision whose step is lost. */
  writeAndLose(...changes: Change[]): void {
    this.#commit(changes);
  }

  send(event: string, payload: unknown): void {
    for (const socket of this.#subscribers.keys()) socket.emit(event, payload);
  }

  sendSnapshot(): void {
    for (const [socket, collections] of this.#subscribers) void this.#sendSnapshot(socket, collections);
  }

  /** Ends the subscriptions, as a removal does. */
  revoke(reason: string): void {
    this.isDenying = true;
    this.send('revoked', { org: '1', revision: ++this.revision, reason });
    this.#subscribers.clear();
  }

  goodbye(reason: string, retryAfterMs: readonly [number, number] | null): void {
    this.#io.emit('goodbye', { reason, retryAfterMs });
    this.#io.disconnectSockets(true);
  }

  /** Closes all connections without a goodbye. */
  hangUp(): void {
    for (const socket of this.#io.sockets.sockets.values()) socket.conn.close();
  }

  get connectionCount(): number {
    return this.#io.sockets.sockets.size;
  }

  get subscriberCount(): number {
    return this.#subscribers.size;
  }

  async close(): Promise<void> {
    this.#http.closeAllConnections();
    await this.#io.close();
  }

  #commit(changes: Changes): void {
    for (const change of changes) this.state.apply(change);
    this.#log.push({ revision: ++this.revision, changes });
  }

  #serve(socket: Socket): void {
    if (this.permissions) socket.emit('permissions', this.permissions);
    socket.on('disconnect', () => this.#subscribers.delete(socket));
    socket.on('unsubscribe', () => this.#subscribers.delete(socket));
    socket.on('credential', (_: unknown, answer: (reply: unknown) => void) => {
      if (this.identity !== null) answer({ identity: this.identity, expiresInMs: null });
    });
    socket.on('presence', (message: object) => this.looks.push(message));
    socket.on('organizations', (_: unknown, answer: (reply: unknown) => void) => {
      this.organizationsAsked++;
      if (this.organizationsWithheld-- > 0) answer({ unknown: true });
      else answer({ version: 1, organizations: this.organizations, ...this.listExtra });
    });
    socket.on('subscribe', (request: TinyServer['subscriptions'][number], answer: (reply: unknown) => void) => {
      this.subscriptions.push(request);
      if (!this.answersSubscriptions) return;
      if (this.isDenying || (request.org !== 'acme' && request.org !== '1')) {
        answer({ mode: 'denied' });
        return;
      }
      this.#subscribers.set(socket, request.collections);
      const { revision } = this;
      answer({ org: '1', mode: request.cursor === undefined ? 'snapshot' : 'resume', revision });
      if (request.cursor === undefined) void this.#sendSnapshot(socket, request.collections);
      else this.#catchUp(socket, Number(request.cursor.replace('at-', '')));
    });
    socket.on('ping', ({ nonce, pieces, staleMs }: TinyPing) => {
      this.pingCount++;
      this.reportedStaleMs = staleMs?.['1'] ?? null;
      if (!this.answersPings) return;
      const orgs = this.#subscribers.has(socket)
        ? { '1': { revision: this.revision, cursor: this.cursor, ...this.#checksumOf(this.#subscribers.get(socket)) } }
        : {};
      if (this.sendsPongPieces && pieces === true) socket.emit('pong', { nonce, orgs: {}, more: true });
      socket.emit('pong', { nonce, orgs, ...this.pongExtra });
    });
  }

  async #sendSnapshot(socket: Socket, collections: Collections): Promise<void> {
    const records = this.#recordsOf(collections);
    const half = Math.ceil(records.length / 2);
    const frames: readonly [event: string, payload: object][] = [
      ['snapshot', { org: '1', part: 0, parts: 2, records: records.slice(0, half) }],
      ['snapshot', { org: '1', part: 1, parts: 2, records: records.slice(half) }],
      ['snapshot-end', { org: '1', revision: this.revision, cursor: this.cursor, ...this.#checksumOf(collections) }],
    ];
    for (const [event, payload] of frames) {
      if (this.partMs > 0) await sleep(this.partMs);
      socket.emit(event, payload);
    }
  }

  #catchUp(socket: Socket, from: number): void {
    const changes = this.#log.filter(({ revision }) => revision > from).flatMap((entry) => entry.changes);
    if (changes.length > 0) socket.emit('step', { org: '1', from, to: this.revision, cursor: this.cursor, changes });
  }
}
