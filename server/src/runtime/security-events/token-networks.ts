import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { eventNetworkOf } from './event-network.ts';
import type { SecurityEventRecorder } from './recorder.ts';
import type { EventOrigin } from './security-event.ts';

/** Tokens and networks that this instance remembers, so that a use costs no query. */
const rememberedMax = 20_000;
/** Further uses are looked up when they happen again. */
const waitingMax = 1_000;
const delayMs = 1_000;

/** A token that was used, with the network. */
export interface TokenNetwork {
  readonly tokenId: string;
  readonly network: string;
}

/** Returns those for which no stored event exists. */
export type FindNewNetworks = (used: readonly TokenNetwork[]) => Promise<readonly TokenNetwork[]>;

/**
 * Records when a token is used from a network that no stored event has for it. Two instances may
 * record the same network.
 */
export class TokenNetworks {
  readonly #recorder: SecurityEventRecorder;
  readonly #findNew: FindNewNetworks;
  readonly #clock: Clock;
  readonly #log: Log;
  /** Oldest first. */
  readonly #remembered = new Set<string>();
  #waiting = new Map<string, TokenNetwork & { readonly origin: EventOrigin }>();
  #cancel: (() => void) | null = null;
  #running: Promise<void> = Promise.resolve();

  constructor(parts: { recorder: SecurityEventRecorder; findNew: FindNewNetworks; clock: Clock; log: Log }) {
    this.#recorder = parts.recorder;
    this.#findNew = parts.findNew;
    this.#clock = parts.clock;
    this.#log = parts.log;
  }

  /** A use of a token that this server stores. */
  used(tokenId: string, origin: EventOrigin): void {
    if (origin.address === null) return;
    const network = eventNetworkOf(origin.address);
    const key = `${tokenId} ${network}`;
    if (this.#remembered.has(key) || this.#waiting.size >= waitingMax) return;
    this.#remembered.add(key);
    if (this.#remembered.size > rememberedMax) this.#remembered.delete(this.#remembered.values().next().value!);
    this.#waiting.set(key, { tokenId, network, origin });
    this.#cancel ??= this.#clock.after(delayMs, () => void this.flush());
  }

  /** Looks up the uses that wait. If it fails, the next use of the same token tries again. */
  flush(): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
    this.#running = this.#running.then(() => this.#lookUp());
    return this.#running;
  }

  async #lookUp(): Promise<void> {
    const uses = this.#waiting;
    if (uses.size === 0) return;
    this.#waiting = new Map();
    try {
      for (const { tokenId, network } of await this.#findNew([...uses.values()])) {
        const { origin } = uses.get(`${tokenId} ${network}`)!;
        this.#recorder.record({ ...origin, event: 'token.new-network', outcome: 'success', target: { kind: 'network', id: network } });
      }
    } catch (error) {
      for (const key of uses.keys()) this.#remembered.delete(key);
      this.#log.debug({ error: String(error) }, 'could not look up the networks of tokens; the next use tries again');
    }
  }
}
