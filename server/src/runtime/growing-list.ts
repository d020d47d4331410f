/** A list that is read while it is made: by any number of readers, each from the start and at its own pace. */
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

  /** Nothing follows. */
  end(): void {
    this.#end ??= 'whole';
    this.#wake();
  }

  /** It will not become whole: readers get what there is, then the error. */
  fail(error: unknown): void {
    this.#end ??= { error };
    this.#wake();
  }

  /** Waits for the item. Undefined behind the end. */
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
