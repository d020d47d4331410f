import type { RollcallClient } from '../client.ts';
import type { OrganizationHandle, OrganizationOptions } from '../organization-handle.ts';

/** Long enough for a page to be left for another release of the same organization, whose copy is then still there. */
const graceMs = 5_000;

interface Entry {
  readonly handle: OrganizationHandle;
  count: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * The organizations that components follow, for as long as any does and a little longer. Asking for release in a render that
 * React then throws away, or does twice, does no harm: what nobody keeps ends by itself.
 */
export class Subscriptions {
  readonly #client: RollcallClient;
  readonly #entries = new Map<string, Entry>();

  constructor(client: RollcallClient) {
    this.#client = client;
  }

  /** The same handle while anybody keeps it, even when its access ended; then a new release. */
  get(name: string, options: OrganizationOptions): OrganizationHandle {
    return this.#entry(name, options).handle;
  }

  /** Gives the function that lets it go. */
  retain(name: string, options: OrganizationOptions): () => void {
    const entry = this.#entry(name, options);
    entry.count++;
    clearTimeout(entry.timer);
    let isRetained = true;
    return () => {
      if (!isRetained) return;
      isRetained = false;
      entry.count--;
      this.#closeIfUnused(name, entry);
    };
  }

  #entry(name: string, options: OrganizationOptions): Entry {
    const known = this.#entries.get(name);
    if (known && (known.count > 0 || !known.handle.subscription.ending)) return known;
    clearTimeout(known?.timer);
    const entry: Entry = { handle: this.#client.organization(name, options), count: 0, timer: undefined };
    this.#entries.set(name, entry);
    this.#closeIfUnused(name, entry);
    return entry;
  }

  #closeIfUnused(name: string, entry: Entry): void {
    clearTimeout(entry.timer);
    if (entry.count > 0) return;
    entry.timer = setTimeout(() => {
      if (this.#entries.get(name) === entry) this.#entries.delete(name);
      entry.handle.close();
    }, graceMs);
    // Nothing that a program on Node would have to wait for.
    (entry.timer as { unref?: () => void }).unref?.();
  }
}

const subscriptionsByClient = new WeakMap<RollcallClient, Subscriptions>();

export function subscriptionsOf(client: RollcallClient): Subscriptions {
  const known = subscriptionsByClient.get(client) ?? new Subscriptions(client);
  subscriptionsByClient.set(client, known);
  return known;
}
