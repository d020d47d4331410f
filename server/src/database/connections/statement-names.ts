import { createHash } from 'node:crypto';

/** What comes once or twice, such as a search, is not worth a plan on every connection. */
const usesBeforeNaming = 3;

/** About 20 KB each in every connection of PostgreSQL's: with ten connections that is 40 MB. We have about 100 texts. */
const namesMax = 200;

/** Of texts seen once or twice: enough that those that come often are noticed between the others. */
const watchedMax = 1_000;

/**
 * Names statements that come often: under a name PostgreSQL keeps a statement's plan, which is four fifths of what a
 * small one costs it. A name stands for the same text in every process: a pooler that mixes connections up can then
 * cause an error at worst, and never has another statement run.
 */
export class StatementNames {
  readonly #uses = new Map<string, number>();
  readonly #names = new Map<string, string>();

  /** Undefined for a statement that is planned each time. */
  nameOf(text: string): string | undefined {
    const name = this.#names.get(text);
    if (name !== undefined || this.#names.size >= namesMax) return name;
    const uses = (this.#uses.get(text) ?? 0) + 1;
    if (uses < usesBeforeNaming) {
      if (this.#uses.size >= watchedMax) this.#uses.clear();
      this.#uses.set(text, uses);
      return undefined;
    }
    this.#uses.delete(text);
    const fresh = createHash('sha256').update(text).digest('hex').slice(0, 32);
    this.#names.set(text, fresh);
    return fresh;
  }
}
