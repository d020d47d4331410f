import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type RollcallClient } from '@rollcall/client';
import { type StartedProcess, startProcess } from '../support/process.ts';
import { revisionOf } from '../support/provision.ts';
import type { AttackedServer } from './attacked-server.ts';
import type { CrowdPlan } from './crowd.ts';
import { StepWatch } from './step-watch.ts';

/**
 * The actions of honest clients in each second: requests of members and the owner, a login, and a
 * new subscriber.
 */
const requestEveryMs = 100;
const loginEveryMs = 2_000;
const subscriberEveryMs = 1_000;
/** The subscribers to which each change is sent, shared by the instances. */
export const crowdSize = 500;
/** An honest client without a response by then was starved. */
const answerMsMax = 10_000;
/** The wait for the subscribers before the first measurement, on a busy machine. */
const openMsMax = 180_000;

export interface Measurements {
  /** The duration of each successful read, in milliseconds. */
  readonly readMs: number[];
  readonly writeMs: number[];
  /** The times from the request of a write until its step has reached a subscriber. */
  readonly stepMs: number[];
  readonly loginMs: number[];
  /** The times from the start of a connection until its replica was complete. */
  readonly subscribeMs: number[];
  /** Requests that were refused, failed or too late. */
  readonly failures: string[];
}

const newMeasurements = (): Measurements => ({ readMs: [], writeMs: [], stepMs: [], loginMs: [], subscribeMs: [], failures: [] });

/** Honest traffic from 127.0.0.1, from `open` until `close`, measured in windows. */
export class HonestClients {
  readonly #server: AttackedServer;
  readonly #over = new AbortController();
  readonly #subscribed: readonly RollcallClient[];
  readonly #loops: Promise<void>[];
  readonly #crowd: StartedProcess | null;
  readonly #watches: readonly StepWatch[];
  #measurements = newMeasurements();

  private constructor(
    server: AttackedServer,
    crowd: StartedProcess | null,
    watches: readonly StepWatch[],
    subscribed: readonly RollcallClient[],
  ) {
    this.#server = server;
    this.#crowd = crowd;
    this.#watches = watches;
    this.#subscribed = subscribed;
    void crowd?.waitForLine(/was closed$/, 2 ** 31 - 1).then(
      ([line]) => this.#failed(line),
      () => {},
    );
    this.#loops = [
      this.#every(requestEveryMs, (number) => this.#request(number)),
      this.#every(loginEveryMs, (number) => this.#login(number)),
      this.#every(subscriberEveryMs, (number) => this.#subscribe(number)),
    ];
  }

  /** Each member and a crowd of this size stay subscribed to the organization. */
  static async open(server: AttackedServer, count: number): Promise<HonestClients> {
    const { urls, slug, owner } = server;
    const crowd = count === 0 ? null : await startCrowd({ urls, slug, count, tokens: server.members.map(({ token }) => token) });
    const watches = await Promise.all(urls.map((url) => StepWatch.open(url, owner.token, slug)));
    const subscribed = await Promise.all(
      server.members.map(async ({ token }, index) => {
        const client = connect({ url: urls[index % urls.length]!, token });
        await client.organization(slug).ready({ timeoutMs: openMsMax });
        return client;
      }),
    );
    const clients = new HonestClients(server, crowd, watches, subscribed);
    for (const client of subscribed) clients.#watch(client);
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
    for (const client of [...this.#subscribed, ...this.#watches]) client.close();
    await this.#crowd?.kill('SIGKILL');
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
   * Sends a request. One in five changes the name of the organization, which all subscribers
   * receive. The others only read.
   */
  async #request(number: number): Promise<void> {
    const { slug, owner, members } = this.#server;
    if (number % 5 > 0) {
      const { token } = members[number % members.length]!;
      await this.#timed('readMs', 'GET', this.#url(number, `/api/0/organizations/${slug}/members/me/`), token);
      return;
    }
    const startedAt = performance.now();
    const body = { name: `Honest ${number}` };
    const response = await this.#timed('writeMs', 'PUT', this.#url(number, `/api/0/organizations/${slug}/`), owner.token, body);
    if (response) await Promise.all(this.#watches.map((watch) => this.#measureStep(watch, revisionOf(response), startedAt)));
  }

  async #measureStep(watch: StepWatch, revision: number, startedAt: number): Promise<void> {
    const at = await watch.timeOf(revision, answerMsMax);
    if (at !== null) this.#measurements.stepMs.push(at - startedAt);
    else if (!this.#over.signal.aborted) this.#failed(`the step to ${revision} did not reach a subscriber within ${answerMsMax} ms`);
  }

  async #login(number: number): Promise<void> {
    await this.#timed('loginMs', 'POST', this.#url(number, '/api/0/auth/login/'), undefined, this.#server.login);
  }

  /** Clients use the instances in turn. */
  #url(number: number, path: string): string {
    const { urls } = this.#server;
    return `${urls[number % urls.length]}${path}`;
  }

  /** Returns null if the server refuses the request. */
  async #timed(
    as: 'readMs' | 'writeMs' | 'loginMs',
    method: string,
    url: string,
    token?: string,
    body?: unknown,
  ): Promise<Response | null> {
    const startedAt = performance.now();
    const response = await fetch(url, {
      method,
      headers: { 'Content-Type': 'application/json', ...(token ? { Authorization: `Bearer ${token}` } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(answerMsMax),
    });
    const text = await response.text();
    if (response.ok) {
      this.#measurements[as].push(performance.now() - startedAt);
      return response;
    }
    this.#failed(`${method} ${url} returned ${response.status}: ${text.slice(0, 200)}`);
    return null;
  }

  async #subscribe(number: number): Promise<void> {
    const { slug, members } = this.#server;
    const startedAt = performance.now();
    const client = connect({ url: this.#url(number, ''), token: members[number % members.length]!.token });
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

async function startCrowd(plan: CrowdPlan): Promise<StartedProcess> {
  const crowd = startProcess([JSON.stringify(plan)], {}, { script: 'test/attack/crowd.ts' });
  await crowd.waitForLine(/^subscribed$/, openMsMax);
  return crowd;
}
