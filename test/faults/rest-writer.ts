import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from './cluster.ts';
import type { Journal } from './journal.ts';
import type { Verdicts } from './verdicts.ts';

export interface Write {
  readonly orgId: string;
  /** The command's name in the log. */
  readonly command: string;
  readonly method: 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly token: string;
  /** JSON, or JSON Lines as a text. */
  readonly body?: object | string;
  readonly key: string;
  readonly mayChangeNothing?: boolean;
}

/**
 * The time for a response. It is longer than any wait for a lock without a fault, and shorter than
 * a server is frozen.
 */
const answerMsMax = 6_000;
/**
 * The time for all attempts of a write, longer than any fault. A write without a response by then
 * never gets one.
 */
const writeMsMax = 120_000;
const retryMs = [20, 250] as const;

/**
 * Sends writes to any instance, and repeats them under one key until one responds, like any careful
 * client.
 */
export class RestWriter {
  readonly #cluster: Cluster;
  readonly #journal: Journal;
  readonly #verdicts: Verdicts;
  retries = 0;
  /** Responses that are neither a refusal nor a success, by status. */
  readonly faults = new Map<number, number>();

  constructor(cluster: Cluster, journal: Journal, verdicts: Verdicts) {
    this.#cluster = cluster;
    this.#journal = journal;
    this.#verdicts = verdicts;
  }

  /** Returns the body of the response. */
  async send(write: Write): Promise<unknown> {
    for (const startedAt = performance.now(); performance.now() - startedAt < writeMsMax; ) {
      const answer = await this.#attempt(write).catch(() => null);
      if (answer && answer.status < 500) return this.#complete(write, answer);
      if (answer) this.faults.set(answer.status, (this.faults.get(answer.status) ?? 0) + 1);
      this.retries++;
      await sleep(retryMs[0] + Math.random() * (retryMs[1] - retryMs[0]));
    }
    throw new Error(
      `${write.method} ${write.path} got no response for ${writeMsMax / 1_000} s; so far ${JSON.stringify([...this.faults])}`,
    );
  }

  async #attempt({ method, path, token, body, key }: Write): Promise<{ status: number; orgRevision: string | null; body: unknown }> {
    const isText = typeof body === 'string';
    const response = await fetch(`http://127.0.0.1:${this.#cluster.pickInstance().rest.port}${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${token}`,
        'Idempotency-Key': key,
        'Content-Type': isText ? 'application/x-ndjson' : 'application/json',
      },
      ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
      signal: AbortSignal.timeout(answerMsMax),
    });
    const text = await response.text();
    return { status: response.status, orgRevision: response.headers.get('x-org-revision'), body: text === '' ? null : JSON.parse(text) };
  }

  /**
   * All writes are valid, so a refusal means that an earlier attempt was applied without its key.
   */
  #complete(write: Write, { status, orgRevision, body }: { status: number; orgRevision: string | null; body: unknown }): unknown {
    const { orgId, command, method, path, mayChangeNothing = false } = write;
    const isGood = status < 300 && orgRevision !== null;
    this.#verdicts.check('exactly-once', isGood, () => `${method} ${path} returned ${status} ${JSON.stringify(body)}`);
    if (isGood) {
      const revision = Number(orgRevision.split('.')[1]);
      this.#journal.add({ orgId, command, revision, at: performance.now(), mayChangeNothing });
    }
    return body;
  }
}
