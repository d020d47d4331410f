/**
 * A list that can be read while it grows. It can have any number of readers, and each reads from
 * the start at its own speed.
 */
export class GrowingList<Item> {
  readonly #items: Item[] = [];
  #end: { readonly error: unknown } | 'whole' | null = null;
  #waiting: (() => void)[] = [];

  get length(): number {
    return this.#items.length;
  }

  push(item: Item): void {
    this.#items.push(item);
    this.#wake();
  }

  /** Completes the list. */
  end(): void {
    this.#end ??= 'whole';
    this.#wake();
  }

  /** Ends the list early. Readers get the items so far, then the error. */
  fail(error: unknown): void {
    this.#end ??= { error };
    this.#wake();
  }

  /** Waits for the item. Returns undefined after the end. */
  async at(index: number): Promise<Item | undefined> {
    while (index >= this.#items.length && this.#end === null) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (index < this.#items.length || this.#end === 'whole') return this.#items[index];
    throw this.#end!.error;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item> {
    for (let index = 0; ; index++) {
      const item = await this.at(index);
      if (item === undefined) return;
      yield item;
    }
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
