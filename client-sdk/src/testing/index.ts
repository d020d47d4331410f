import type { OrganizationRecord, ScopeRoles } from '@rollcall/protocol';
import { RollcallClient } from '../client.ts';
import { throwLater } from '../emitter.ts';
import { RestClient } from '../rest/rest-client.ts';
import type { ProductScope } from '../scope-name.ts';
import type { OrganizationChoice } from '../subscribed-organizations.ts';
import type { WhenStale } from '../when-stale.ts';
import { TestConnection } from './test-connection.ts';
import { TestOrganization } from './test-organization.ts';
import { TestTime } from './test-time.ts';

export { TestOrganization } from './test-organization.ts';

const leaseMs = 5_000;

export interface TestClientOptions {
  /** As for `connect`. */
  readonly whenStale?: WhenStale;
  /** As for `connect`. */
  readonly organizations?: OrganizationChoice;
  /** Handles the REST calls of the client. By default they are refused. */
  readonly fetch?: typeof fetch;
}

/** A client without a server, and the organizations that it finds. */
export class TestRollcall {
  /** The client for the code under test. */
  readonly client: RollcallClient;
  readonly #time = new TestTime();
  readonly #organizations = new Map<string, TestOrganization>();
  #connection!: TestConnection;
  #ids = 0;

  constructor({ whenStale = 'last-known', organizations, fetch = refuseCalls }: TestClientOptions = {}) {
    const random = () => 0;
    const settings = {
      origin: 'http://rollcall.invalid',
      socketPath: '/socket.io/',
      token: undefined,
      transports: [],
      random,
      now: this.#time.now,
      timers: this.#time,
      leaseMs,
      whenStale,
      onError: throwLater,
      organizations,
      recordsMax: Number.POSITIVE_INFINITY,
    };
    const rest = new RestClient({ baseUrl: `${settings.origin}/api/0`, token: undefined, fetch, random });
    this.client = new RollcallClient(settings, rest, (_, observer) => {
      this.#connection = new TestConnection(observer, this.#organizations);
      return this.#connection;
    });
  }

  /** Adds an organization. It has no members. */
  addOrganization(fields: Partial<OrganizationRecord> = {}): TestOrganization {
    const organization = new TestOrganization(fields, {
      step: (changed, changes) => {
        this.#connection.step(changed, changes);
        this.#connection.sendList();
      },
      revoke: (revoked, reason) => {
        this.#connection.revoke(revoked, reason);
        this.#connection.sendList();
      },
      newId: () => String(++this.#ids),
    });
    this.#organizations.set(organization.id, organization);
    this.#connection.sendList();
    return organization;
  }

  /**
   * Defines the product scopes and the roles that have them, as PERMISSIONS_FILE of a server does.
   * Replaces the previous ones.
   */
  defineScopes(scopes: { readonly [scope in ProductScope]?: Partial<ScopeRoles> }): void {
    const given = Object.entries<Partial<ScopeRoles> | undefined>(scopes);
    this.#connection.replacePermissions(
      Object.fromEntries(given.map(([scope, roles]) => [scope, { orgRoles: [], teamRoles: [], ...roles }])),
    );
    this.#time.repeat();
  }

  /** The server freezes for longer than the lease, so every organization becomes stale. */
  goStale(): void {
    this.#connection.freeze();
    this.#time.pass(leaseMs + 1);
  }

  /** The server continues. What happened while it was frozen arrives, then the proof. */
  goFresh(): void {
    this.#connection.thaw();
    this.#time.repeat();
  }

  /** The connection is lost. Without `reconnect`, it stays lost. */
  disconnect(): void {
    this.#connection.disconnect();
  }

  reconnect(): void {
    this.#connection.connect();
  }

  /** The server ends the credential, and the client closes. */
  endCredential(reason: 'credential-revoked' | 'credential-expired' | 'user-disabled' = 'credential-revoked'): void {
    this.#connection.close(reason);
  }
}

async function refuseCalls(): Promise<Response> {
  return Response.json({ detail: 'The test client sends no requests. Pass `fetch` to handle them.' }, { status: 400 });
}
