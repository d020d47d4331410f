/**
 * The listeners of this process, by key: an organization's notices, or a topic's ephemeral
 * messages.
 */
export class Listeners<Message> {
  readonly #byKey = new Map<string, Set<(message: Message) => void>>();

  add(key: string, listener: (message: Message) => void): void {
    const listeners = this.#byKey.get(key) ?? new Set();
    this.#byKey.set(key, listeners.add(listener));
  }

  remove(key: string, listener: (message: Message) => void): void {
    const listeners = this.#byKey.get(key);
    if (listeners?.delete(listener) && listeners.size === 0) this.#byKey.delete(key);
  }

  has(key: string): boolean {
    return this.#byKey.has(key);
  }

  /** A listener must not throw, or the next listener would miss the message. */
  deliver(key: string, message: Message): void {
    for (const listener of this.#byKey.get(key) ?? []) listener(message);
  }
}
