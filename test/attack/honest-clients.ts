import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type RollcallClient } from '@rollcall/client';
import type { AttackedServer } from './attacked-server.ts';

/**
 * The actions of honest clients in each second: requests of members and the owner, a login, and a
 * new subscriber.
 */
const requestEveryMs = 40;
const loginEveryMs = 1_000;
const subscriberEveryMs = 250;
/** An honest client without a response by then was starved. */
const answerMsMax = 10_000;

export interface Measurements {
  /** The duration of each successful request, in milliseconds. */
  readonly requestMs: number[];
  readonly loginMs: number[];
  /** The times from the start of a connection until its replica was complete. */
  readonly subscribeMs: number[];
  /** Requests that were refused, failed or too late. */
  readonly failures: string[];
}

const newMeasurements = (): Measurements => ({ requestMs: [], loginMs: [], subscribeMs: [], failures: [] });

/** Honest traffic from 127.0.0.1, from `open` until `close`, measured in windows. */
export class HonestClients {
  readonly #server: AttackedServer;
  readonly #over = new AbortController();
  readonly #subscribed: RollcallClient[] = [];
  readonly #loops: Promise<void>[];
  #measurements = newMeasurements();

  private constructor(server: AttackedServer) {
    this.#server = server;
    this.#loops = [
      this.#every(requestEveryMs, (number) => this.#request(number)),
      this.#every(loginEveryMs, () => this.#login()),
      this.#every(subscriberEveryMs, (number) => this.#subscribe(number)),
    ];
  }

  /** Each member stays subscribed to the organization. */
  static async open(server: AttackedServer): Promise<HonestClients> {
    const clients = new HonestClients(server);
    for (const { token } of server.members) {
      const client = connect({ url: server.url, token });
      clients.#subscribed.push(client);
      const org = client.organization(server.slug);
      await org.ready({ signal: AbortSignal.timeout(answerMsMax) });
      clients.#watch(client);
    }
    return clients;
  }

  /** The results since the last call. */
  take(): Measurements {
    const taken = this.#measurements;
    this.#measurements = newMeasurements();
    return taken;
  }

  async close(): Promise<void> {
    this.#over.abort();
    await Promise.all(this.#loops);
    for (const client of this.#subscribed) client.close();
  }

  /**
   * Starts `act` at this interval, even if earlier ones haven't ended: a slow server doesn't slow
   * down honest users.
   */
  async #every(periodMs: number, act: (number: number) => Promise<void>): Promise<void> {
    const acts: Promise<void>[] = [];
    for (let number = 0; !this.#over.signal.aborted; number++) {
      acts.push(act(number).catch((error: unknown) => this.#failed(String(error))));
      await sleep(periodMs, undefined, { signal: this.#over.signal }).catch(() => {});
    }
    await Promise.all(acts);
  }

  /**
   * Sends a request. One in five changes a setting of the organization, which all subscribers
   * receive. The others only read.
   */
  async #request(number: number): Promise<void> {
    const { slug, owner, members } = this.#server;
    if (number % 5 > 0) {
      const { token } = members[number % members.length]!;
      return this.#timed('requestMs', 'GET', `/api/0/organizations/${slug}/members/me/`, token);
    }
    const body = { openMembership: number % 10 === 0 };
    await this.#timed('requestMs', 'PUT', `/api/0/organizations/${slug}/`, owner.token, body);
  }

  #login(): Promise<void> {
    return this.#timed('loginMs', 'POST', '/api/0/auth/login/', undefined, this.#server.login);
  }

  async #timed(as: 'requestMs' | 'loginMs', method: string, path: string, token?: string, body?: unknown): Promise<void> {
    const startedAt = performance.now();
    const response = await fetch(`${this.#server.url}${path}`, {
      method,
      headers: { 'Content-Type': 'application/json', ...(token ? { Authorization: `Bearer ${token}` } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(answerMsMax),
    });
    const text = await response.text();
    if (response.ok) this.#measurements[as].push(performance.now() - startedAt);
    else this.#failed(`${method} ${path} returned ${response.status}: ${text.slice(0, 200)}`);
  }

  async #subscribe(number: number): Promise<void> {
    const { url, slug, members } = this.#server;
    const startedAt = performance.now();
    const client = connect({ url, token: members[number % members.length]!.token });
    const stopWatching = this.#watch(client);
    try {
      await client.organization(slug).ready({ signal: AbortSignal.timeout(answerMsMax) });
      this.#measurements.subscribeMs.push(performance.now() - startedAt);
    } finally {
      stopWatching();
      client.close();
    }
  }

  /** A closed connection or a refused handshake is a failure even if the client recovers. */
  #watch(client: RollcallClient): () => void {
    return client.subscribe(() => {
      const { phase, reason } = client.status;
      if (reason !== null && !this.#over.signal.aborted) this.#failed(`a subscriber is ${phase}: ${reason}`);
    });
  }

  #failed(how: string): void {
    this.#measurements.failures.push(how);
  }
}
