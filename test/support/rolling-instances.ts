import assert from 'node:assert/strict';
import { eventually } from './eventually.ts';
import { revisionOf } from './provision.ts';
import { startServer, type TestServer } from './server.ts';
import { WireReplica } from './wire-replica.ts';

type Environment = Readonly<Record<string, string>>;

/**
 * Two instances in this process that are restarted one after the other under load. Requests go to
 * those that a load balancer would choose: an instance gets none before its stop.
 */
export class RollingInstances {
  servers: TestServer[];
  /** Responses of the load that were not successful. */
  readonly failures: string[] = [];
  written = 0;
  /** Subscribers whose connection ended although their instance was not restarted. */
  readonly lost: string[] = [];
  #lastRevision = 0;
  readonly #inFlight = new Map<TestServer, Set<Promise<unknown>>>();
  #serving: TestServer[];
  readonly #replicas = new Map<TestServer, WireReplica>();
  readonly #load: Load;
  #isLoaded = true;
  readonly #loops: Promise<void>[] = [];

  private constructor(servers: TestServer[], load: Load) {
    this.servers = servers;
    this.#serving = [...servers];
    this.#load = load;
  }

  static async start(servers: TestServer[], load: Load): Promise<RollingInstances> {
    const rolling = new RollingInstances(servers, load);
    for (const server of servers) await rolling.#subscribe(server);
    for (let writer = 0; writer < 3; writer++) rolling.#loops.push(rolling.#write(writer));
    return rolling;
  }

  /** Restarts each instance with these variables, while the other serves all requests. */
  async restart(environment: Environment): Promise<void> {
    for (const [index, old] of this.servers.entries()) {
      this.#serving = this.#serving.filter((server) => server !== old);
      await Promise.all(this.#inFlight.get(old) ?? []);
      // Its subscribers get `goodbye` and connect to the other instance.
      const replica = this.#replicas.get(old)!;
      this.#replicas.delete(old);
      await old.stop();
      assert.equal(replica.violation, null);
      replica.close();
      const server = await startServer(environment);
      await eventually(async () => assert.equal((await fetch(`${server.url}/readyz`)).status, 200, 'the instance is not ready'));
      this.servers[index] = server;
      this.#serving.push(server);
      await this.#subscribe(server);
      // A change through each instance reaches the subscribers of both.
      await this.assertConverges();
    }
  }

  /** Each subscriber has all that was written so far. */
  async assertConverges(): Promise<void> {
    const target = this.#lastRevision;
    for (const replica of this.#replicas.values())
      await eventually(() => assert.ok(replica.revision >= target, `it is at ${replica.revision}, not at ${target}`));
  }

  /** Ends the load, and asserts that nothing failed. */
  async finish(): Promise<void> {
    this.#isLoaded = false;
    await Promise.all(this.#loops);
    await this.assertConverges();
    for (const replica of this.#replicas.values()) replica.check();
    assert.deepEqual([this.failures, this.lost], [[], []], `${this.failures.length} of ${this.written} requests failed`);
  }

  async stop(): Promise<void> {
    this.#isLoaded = false;
    await Promise.all(this.#loops);
    for (const replica of this.#replicas.values()) replica.close();
    await Promise.all(this.servers.map((server) => server.stop()));
  }

  async #subscribe(server: TestServer): Promise<void> {
    const replica = await WireReplica.open(server.url, this.#load.token, this.#load.org);
    this.#replicas.set(server, replica);
    replica.socket.on('disconnect', (reason) => {
      if (this.#isLoaded && this.#replicas.get(server) === replica) this.lost.push(reason);
    });
  }

  async #write(writer: number): Promise<void> {
    for (let count = 0; this.#isLoaded; count++) {
      const server = this.#serving[(writer + count) % this.#serving.length]!;
      const request = this.#writeOnce(server, `team-${writer}-${count}`);
      const requests = this.#inFlight.get(server) ?? new Set();
      this.#inFlight.set(server, requests.add(request));
      await request;
      requests.delete(request);
    }
  }

  async #writeOnce(server: TestServer, slug: string): Promise<void> {
    const { token, org, alsoRequest } = this.#load;
    try {
      const made = await server.request('POST', `/api/0/organizations/${org}/teams/`, { token, body: { slug } });
      this.written++;
      if (made.status !== 201) return void this.failures.push(`${made.status} ${JSON.stringify(made.body)}`);
      this.#lastRevision = Math.max(this.#lastRevision, revisionOf(made));
      const removed = await server.request('DELETE', `/api/0/teams/${org}/${slug}/`, { token });
      if (removed.status !== 204) this.failures.push(`${removed.status} ${JSON.stringify(removed.body)}`);
      const other = await alsoRequest?.(server);
      if (other && other.status !== 200) this.failures.push(`${other.status} ${JSON.stringify(other.body)}`);
    } catch (error) {
      this.failures.push(String((error as Error).cause ?? error));
    }
  }
}

export interface Load {
  readonly org: string;
  readonly token: string;
  /** Another request after each write, which must get status 200. */
  alsoRequest?(server: TestServer): Promise<{ readonly status: number; readonly body: unknown }>;
}
