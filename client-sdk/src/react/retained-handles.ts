import type { RollcallClient } from '../client.ts';
import type { OrganizationHandle, OrganizationOptions } from '../organization-handle.ts';

/**
 * Long enough to change to another page of the same organization, which then reuses the replica.
 */
const graceMs = 5_000;

interface Entry {
  readonly handle: OrganizationHandle;
  count: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * The handles that the components of one client share. A handle closes some time after the last
 * component has released it. A render that React discards or repeats does no harm, since a handle
 * that is not retained closes automatically.
 */
export class RetainedHandles {
  readonly #client: RollcallClient;
  readonly #entries = new Map<string, Entry>();

  constructor(client: RollcallClient) {
    this.#client = client;
  }

  /**
   * Returns the same handle while a component retains it, even if its access ended. Then returns a
   * new one.
   */
  get(name: string, options: OrganizationOptions): OrganizationHandle {
    return this.#entry(name, options).handle;
  }

  /** Returns the function that releases the handle. */
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
    // The timer must not keep a Node process running.
    (entry.timer as { unref?: () => void }).unref?.();
  }
}

const handlesByClient = new WeakMap<RollcallClient, RetainedHandles>();

export function retainedHandlesOf(client: RollcallClient): RetainedHandles {
  const known = handlesByClient.get(client) ?? new RetainedHandles(client);
  handlesByClient.set(client, known);
  return known;
}
