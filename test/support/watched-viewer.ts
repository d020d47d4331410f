import { type Collection, expandScopes, type OrgState, type Scope } from '../../protocol/src/index.ts';
import type { Viewer } from '../../server/src/domain/evaluate-access.ts';
import type { LoggedIn, SessionPerson } from './access-history.ts';
import type { Person, ProvisionedOrg } from './provision.ts';
import type { TestServer } from './server.ts';
import { aViewer } from './viewers.ts';
import { type WireCredential, WireReplica } from './wire-replica.ts';

export type Records = ReadonlyMap<string, unknown>;

interface Held {
  /** The viewer, as the server evaluated it when it sent the state. */
  readonly viewer: Viewer;
  readonly revision: number;
  readonly records: Records;
}

/** One viewer: its user, and every state that its replica ever had. */
export class WatchedViewer {
  /** Null before the first login. */
  #credential: WireCredential | null;
  #viewer: Viewer;
  readonly held: Held[] = [];
  /** The names of the events that happened to it. */
  readonly events: string[] = [];
  replica: WireReplica | null = null;
  #kept: { cursor: string; state: OrgState; revision: number } | null = null;

  private constructor(credential: WireCredential | null, viewer: Viewer) {
    this.#credential = credential;
    this.#viewer = viewer;
  }

  static withToken({ userId, token }: Person, scopes: readonly Scope[], collections: readonly Collection[] | null): WatchedViewer {
    return new WatchedViewer(token, aViewer({ userId, tokenScopes: expandScopes(scopes), collections }));
  }

  static ofService(token: string): WatchedViewer {
    return new WatchedViewer(token, aViewer({ tokenScopes: new Set(), isService: true }));
  }

  static withSession({ session }: SessionPerson): WatchedViewer {
    const viewer = aViewer({ userId: session?.userId ?? null, bindings: new Map() });
    return new WatchedViewer(session && { cookie: session.cookie }, viewer);
  }

  /** The person loads the page again after a login. */
  loggedIn(loggedIn: LoggedIn, cookie: string): void {
    this.disconnect();
    this.#kept = null;
    this.#credential = { cookie };
    this.#viewer = { ...this.#viewer, ...loggedIn };
    this.events.push('login');
  }

  async connect(server: TestServer, org: ProvisionedOrg): Promise<void> {
    const viewer = this.#viewer;
    if (this.#credential === null) return;
    const replica = await WireReplica.connect(server.url, this.#credential).catch(() => null);
    // A disabled user and a session that has ended are refused at the handshake.
    if (!replica) return;
    this.replica = replica;
    replica.socket.onAny((event: string, payload: { view?: true }) => this.events.push(payload.view ? 'view step' : event));
    replica.onChange = () => this.held.push({ viewer, revision: replica.revision, records: replica.records() });
    if (this.#kept) {
      replica.state = this.#kept.state;
      replica.revision = this.#kept.revision;
    }
    const { collections } = viewer;
    const cursor = this.#kept?.cursor ?? null;
    const answer = await replica.subscribe(org.slug, { cursor, ...(collections ? { collections: [...collections] } : {}) });
    this.#kept = null;
    this.events.push(answer.mode);
    if (answer.mode === 'denied') this.disconnect();
  }

  disconnect(): void {
    const { replica } = this;
    if (!replica) return;
    if (replica.isLive && replica.cursor && !replica.revoked)
      this.#kept = { cursor: replica.cursor, state: replica.state, revision: replica.revision };
    replica.close();
    this.replica = null;
  }
}
