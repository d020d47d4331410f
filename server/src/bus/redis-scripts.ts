import type { Counters } from '../runtime/metrics/counters.ts';
import type { RedisLink } from './redis-link.ts';

/**
 * Redis responds within 1 ms. Waiting longer than this would slow requests down for what is only a
 * hint.
 */
const responseMsMax = 25;

export interface RedisScriptsOptions {
  keyOf(count: string): string;
  /** The connection in use. Null when there is none. */
  link(): Pick<RedisLink, 'runScript'> | null;
  readonly counters: Counters;
}

/**
 * Runs Lua scripts on the connection of the bus, for counts that the instances share. After a late
 * response, that connection gets no more scripts until the response arrives. A frozen Redis thus
 * delays only the first requests. The interface is that of node-redis, which the rate limiter
 * supports.
 */
export class RedisScripts {
  readonly #keyOf: (count: string) => string;
  readonly #link: RedisScriptsOptions['link'];
  readonly #counters: Counters;
  /** The connection whose response is late. */
  #late: ReturnType<RedisScriptsOptions['link']> = null;

  constructor({ keyOf, link, counters }: RedisScriptsOptions) {
    this.#keyOf = keyOf;
    this.#link = link;
    this.#counters = counters;
  }

  get isReady(): boolean {
    const link = this.#link();
    return link !== null && link !== this.#late;
  }

  /**
   * Rejects when there is no connection, when Redis refuses, and when no response arrives within 25
   * ms.
   */
  eval(script: string, { keys: [key = ''], arguments: args }: { keys: readonly string[]; arguments: readonly string[] }): Promise<unknown> {
    const link = this.#link();
    if (link === null) return Promise.reject(new Error('not connected to Redis'));
    return new Promise((resolve, reject) => {
      const fail = (error: unknown) => {
        this.#counters.increment('sharedCountFailures');
        reject(error);
      };
      const timer = setTimeout(() => {
        this.#late = link;
        fail(new Error(`no response within ${responseMsMax} ms`));
      }, responseMsMax);
      const clearLate = () => {
        clearTimeout(timer);
        if (this.#late === link) this.#late = null;
      };
      link.runScript(script, this.#keyOf(key), args).then(
        (response) => {
          clearLate();
          resolve(response);
        },
        (error: unknown) => {
          clearLate();
          fail(error);
        },
      );
    });
  }
}
