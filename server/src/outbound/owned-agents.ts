import type { Agent } from 'undici';
import type { OutboundOwner } from './outbound-owner.ts';

interface Owned {
  readonly agent: Agent;
  running: number;
  /** Ends the agent after its last call. Null while a call runs. */
  timer: NodeJS.Timeout | null;
}

/**
 * One agent, and so one set of connections, per organization and purpose. With common connections,
 * slow calls of one organization would hold up the logins of others at the same host.
 */
export class OwnedAgents {
  readonly #agents = new Map<string, Owned>();
  readonly #make: () => Agent;
  readonly #idleMs: number;
  #isClosed = false;

  /** @param idleMs how long an agent without calls is kept, as its idle connections are */
  constructor(make: () => Agent, idleMs: number) {
    this.#make = make;
    this.#idleMs = idleMs;
  }

  async run<T>({ caller, purpose }: OutboundOwner, call: (agent: Agent) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new Error('The client is closed.');
    const key = `${purpose} ${caller}`;
    const owned = this.#agents.get(key) ?? { agent: this.#make(), running: 0, timer: null };
    this.#agents.set(key, owned);
    if (owned.timer) clearTimeout(owned.timer);
    owned.timer = null;
    owned.running++;
    try {
      return await call(owned.agent);
    } finally {
      if (--owned.running === 0) owned.timer = setTimeout(() => this.#end(key, owned), this.#idleMs).unref();
    }
  }

  #end(key: string, { agent }: Owned): void {
    this.#agents.delete(key);
    // A call that was given up may still wait for a connection.
    void agent.destroy();
  }

  /** Ends all calls in progress. */
  async destroy(): Promise<void> {
    this.#isClosed = true;
    const all = [...this.#agents.values()];
    this.#agents.clear();
    for (const { timer } of all) if (timer) clearTimeout(timer);
    await Promise.all(all.map(({ agent }) => agent.destroy()));
  }
}
