import { createHash } from 'node:crypto';
import { growthMark, searchMark } from '../statement-marks.ts';

/**
 * A statement that runs once or twice, such as a search, is not worth a plan on every connection.
 */
const usesBeforeNaming = 3;

/**
 * Each name takes about 20 KB in every connection of PostgreSQL. With ten connections, 200 names
 * take 40 MB. Rollcall has about 100 statement texts.
 */
const namesMax = 200;

/**
 * The number of rare texts that are counted. It is high enough to notice the frequent texts between
 * them.
 */
const watchedMax = 1_000;

/** A statement with a list has another text for each length of the list. */
const list = / in \(\$\d+, \$\d+/;

/**
 * Names frequent statements. PostgreSQL keeps the plan of a named statement, and planning is most
 * of the cost of a small one. A name stands for the same text in every process. If a pooler mixes
 * up connections, the worst result is an error, never another statement.
 */
export class StatementNames {
  readonly #uses = new Map<string, number>();
  readonly #names = new Map<string, string>();

  /** Returns undefined for a statement that PostgreSQL plans each time. */
  nameOf(text: string): string | undefined {
    const name = this.#names.get(text);
    if (name !== undefined || this.#names.size >= namesMax) return name;
    // Callers choose how many such texts there are, and must not use up the names.
    if (text.includes(searchMark) || text.includes(growthMark) || list.test(text)) return undefined;
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
