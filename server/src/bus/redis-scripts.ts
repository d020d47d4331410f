import type { Counters } from '../runtime/counters.ts';
import type { RedisLink } from './redis-link.ts';

/** Redis answers within 1 ms. A request that waits for more than this would be slowed by what is only a hint. */
const answerMsMax = 25;

export interface RedisScriptsOptions {
  keyOf(count: string): string;
  /** The connection in use; null when there is none. */
  link(): Pick<RedisLink, 'runScript'> | null;
  readonly counters: Counters;
}

/**
 * Lua scripts on the connection of the bus, for counts that instances share. After one late answer nothing more is asked
 * of that connection until the answer came, so that a frozen Redis delays only the requests of its first moments. The
 * shape is node-redis's, which the limiter knows.
 */
export class RedisScripts {
  readonly #keyOf: (count: string) => string;
  readonly #link: RedisScriptsOptions['link'];
  readonly #counters: Counters;
  /** The connection that owes an answer for too long. */
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

  /** Rejects when there is no connection, when Redis refuses, and when no answer comes within 25 ms. */
  eval(script: string, { keys: [key = ''], arguments: args }: { keys: readonly string[]; arguments: readonly string[] }): Promise<unknown> {
    const link = this.#link();
    if (link === null) return Promise.reject(new Error('not connected'));
    return new Promise((resolve, reject) => {
      const fail = (error: unknown) => {
        this.#counters.increment('sharedCountFailures');
        reject(error);
      };
      const timer = setTimeout(() => {
        this.#late = link;
        fail(new Error(`no answer within ${answerMsMax} ms`));
      }, answerMsMax);
      const settle = () => {
        clearTimeout(timer);
        if (this.#late === link) this.#late = null;
      };
      link.runScript(script, this.#keyOf(key), args).then(
        (answer) => {
          settle();
          resolve(answer);
        },
        (error: unknown) => {
          clearTimeout(timer);
          fail(error);
        },
      );
    });
  }
}
