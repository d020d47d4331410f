import type { RollcallClient } from '../client.ts';
import { closedHere, type OrganizationHandle, type OrganizationOptions } from '../organization-handle.ts';

/**
 * Long enough to change to another page of the same organization, which then reuses the replica.
 */
const graceMs = 5_000;

/**
 * Long enough for React to render an ended handle, whose error it gives to an error boundary. A
 * provider that is mounted later subscribes again.
 */
const endedMs = 1_000;

interface Entry {
  readonly handle: OrganizationHandle;
  readonly options: string;
  count: number;
  /** Whether a component was mounted with it. */
  wasMounted: boolean;
  /** Resolves when there is a state, or when the access has ended. Null if no component waits. */
  arrival: Promise<void> | null;
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
   * Returns the same handle while a component retains it, even if its access ended, its
   * organization was renamed, or a later component has other options. Then returns a new one.
   */
  get(name: string, options: OrganizationOptions): OrganizationHandle {
    return this.#entry(name, options).handle;
  }

  /** Returns the function that releases the handle. */
  retain(name: string, options: OrganizationOptions): () => void {
    const entry = this.#entry(name, options);
    entry.wasMounted = true;
    return this.#retain(name, entry);
  }

  #retain(name: string, entry: Entry): () => void {
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

  /**
   * Resolves when the handle has a state, or has ended. The handle is retained until then, since
   * React mounts no component that waits.
   */
  arrivalOf(name: string, options: OrganizationOptions): Promise<void> {
    const entry = this.#entry(name, options);
    // Forgotten once it resolved. If the state is dropped later, React would otherwise render in a
    // loop.
    entry.arrival ??= this.#waitForState(entry.handle, this.#retain(name, entry)).then(() => {
      entry.arrival = null;
    });
    return entry.arrival;
  }

  #waitForState(handle: OrganizationHandle, release: () => void): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        const { ending, revision } = handle.subscription;
        if (!ending && revision === null) return;
        stop();
        if (ending) unref(setTimeout(release, endedMs));
        else release();
        resolve();
      };
      const stop = handle.subscribe(look);
      look();
    });
  }

  #entry(name: string, options: OrganizationOptions): Entry {
    const known = this.#entries.get(name);
    const isClosed = this.#client.status.phase === 'closed';
    const key = JSON.stringify([options.collections, options.whenStale]);
    // Components that are not mounted yet share one handle. Otherwise, each would close that of the
    // other.
    const isOther = known?.wasMounted && known.options !== key;
    if (known && (known.count > 0 || isClosed || (!isOther && isOpenFor(name, known.handle)))) return known;
    if (isOther) known.handle.close();
    const handle = this.#open(name, options);
    const entry: Entry = { handle, options: key, count: 0, wasMounted: false, arrival: null, timer: undefined };
    this.#entries.set(name, entry);
    this.#closeIfUnused(name, entry);
    return entry;
  }

  /** On a closed client, where `organization` throws, an ended handle. */
  #open(name: string, options: OrganizationOptions): OrganizationHandle {
    const { phase, reason } = this.#client.status;
    if (phase !== 'closed') return this.#client.organization(name, options);
    const handle = this.#client.unsubscribedOrganization(name, options);
    handle.end(reason ?? closedHere);
    return handle;
  }

  #closeIfUnused(name: string, entry: Entry): void {
    clearTimeout(entry.timer);
    if (entry.count > 0) return;
    entry.timer = setTimeout(() => {
      if (this.#entries.get(name) === entry) this.#entries.delete(name);
      entry.handle.close();
    }, graceMs);
    unref(entry.timer);
  }
}

function isOpenFor(name: string, { subscription }: OrganizationHandle): boolean {
  return !subscription.ending && !subscription.isRenamedFrom(name);
}

/** The timer doesn't keep a Node process running. */
function unref(timer: ReturnType<typeof setTimeout>): void {
  (timer as { unref?: () => void }).unref?.();
}

const handlesByClient = new WeakMap<RollcallClient, RetainedHandles>();

export function retainedHandlesOf(client: RollcallClient): RetainedHandles {
  const known = handlesByClient.get(client) ?? new RetainedHandles(client);
  handlesByClient.set(client, known);
  return known;
}
