import { setTimeout as sleep } from 'node:timers/promises';
import type { Journal } from './journal.ts';
import type { Stage } from './stage.ts';
import type { Verdicts } from './verdicts.ts';

export interface Write {
  readonly orgId: string;
  /** As the log names it. */
  readonly command: string;
  readonly method: 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly token: string;
  /** JSON, or JSON Lines as a text. */
  readonly body?: object | string;
  readonly key: string;
  readonly mayChangeNothing?: boolean;
}

/** Longer than any lock is waited for when all is well, and shorter than a frozen server stays so. */
const answerMsMax = 6_000;
/** Longer than any fault lasts: whoever is not answered by then never is. */
const writeMsMax = 120_000;
const retryMs = [20, 250] as const;

/** Sends writes to any instance, again and again under one key until one answers, as any careful client would. */
export class RestWriter {
  readonly #stage: Stage;
  readonly #journal: Journal;
  readonly #verdicts: Verdicts;
  retries = 0;
  /** Answers that are no refusal and no success, by status. */
  readonly faults = new Map<number, number>();

  constructor(stage: Stage, journal: Journal, verdicts: Verdicts) {
    this.#stage = stage;
    this.#journal = journal;
    this.#verdicts = verdicts;
  }

  /** The body of the answer. */
  async send(write: Write): Promise<unknown> {
    for (const startedAt = performance.now(); performance.now() - startedAt < writeMsMax; ) {
      const answer = await this.#attempt(write).catch(() => null);
      if (answer && answer.status < 500) return this.#settle(write, answer);
      if (answer) this.faults.set(answer.status, (this.faults.get(answer.status) ?? 0) + 1);
      this.retries++;
      await sleep(retryMs[0] + Math.random() * (retryMs[1] - retryMs[0]));
    }
    throw new Error(
      `${write.method} ${write.path} was not answered for ${writeMsMax / 1_000} s; so far ${JSON.stringify([...this.faults])}`,
    );
  }

  async #attempt({ method, path, token, body, key }: Write): Promise<{ status: number; orgRevision: string | null; body: unknown }> {
    const isText = typeof body === 'string';
    const response = await fetch(`http://127.0.0.1:${this.#stage.pickInstance().rest.port}${path}`, {
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

  /** Everything written here is legal, so a refusal means that an earlier try counted and its key did not. */
  #settle(write: Write, { status, orgRevision, body }: { status: number; orgRevision: string | null; body: unknown }): unknown {
    const { orgId, command, method, path, mayChangeNothing = false } = write;
    const isGood = status < 300 && orgRevision !== null;
    this.#verdicts.check('exactly-once', isGood, () => `${method} ${path} answered ${status} ${JSON.stringify(body)}`);
    if (isGood) {
      const revision = Number(orgRevision.split('.')[1]);
      this.#journal.add({ orgId, command, revision, at: performance.now(), mayChangeNothing });
    }
    return body;
  }
}
