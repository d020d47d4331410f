import type { RollcallClient } from '../client.ts';
import type { OrganizationHandle, OrganizationOptions } from '../organization-handle.ts';

/** Long enough for a page to be left for another one of the same organization, whose copy is then still there. */
const graceMs = 5_000;

interface Followed {
  readonly handle: OrganizationHandle;
  count: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * The organizations that components follow, for as long as any does and a little longer. Asking for one in a render that
 * React then throws away, or does twice, does no harm: what nobody keeps ends by itself.
 */
export class Follows {
  readonly #client: RollcallClient;
  readonly #followed = new Map<string, Followed>();

  constructor(client: RollcallClient) {
    this.#client = client;
  }

  /** The same handle while anybody keeps it, even when its access ended; then a new one. */
  get(name: string, options: OrganizationOptions): OrganizationHandle {
    return this.#entry(name, options).handle;
  }

  /** Gives the function that lets it go. */
  keep(name: string, options: OrganizationOptions): () => void {
    const entry = this.#entry(name, options);
    entry.count++;
    clearTimeout(entry.timer);
    let isKept = true;
    return () => {
      if (!isKept) return;
      isKept = false;
      entry.count--;
      this.#endUnlessKept(name, entry);
    };
  }

  #entry(name: string, options: OrganizationOptions): Followed {
    const known = this.#followed.get(name);
    if (known && (known.count > 0 || !known.handle.follower.ending)) return known;
    clearTimeout(known?.timer);
    const entry: Followed = { handle: this.#client.organization(name, options), count: 0, timer: undefined };
    this.#followed.set(name, entry);
    this.#endUnlessKept(name, entry);
    return entry;
  }

  #endUnlessKept(name: string, entry: Followed): void {
    clearTimeout(entry.timer);
    if (entry.count > 0) return;
    entry.timer = setTimeout(() => {
      if (this.#followed.get(name) === entry) this.#followed.delete(name);
      entry.handle.close();
    }, graceMs);
    // Nothing that a program on Node would have to wait for.
    (entry.timer as { unref?: () => void }).unref?.();
  }
}

const followsOf = new WeakMap<RollcallClient, Follows>();

export function followsOfClient(client: RollcallClient): Follows {
  const known = followsOf.get(client) ?? new Follows(client);
  followsOf.set(client, known);
  return known;
}
