import { OrgError } from '@rollcall/protocol';
import type { Caller } from '../../identity/caller.ts';

/**
 * Readers of a service token, which is a credential for all organizations. An idle reader takes
 * some 20 KB, so these take 20 MB.
 */
const perServiceMax = 1_000;

export interface SlotLimits {
  /** The readers, in the plural, for the text of a refusal. */
  readonly what: string;
  readonly perCredentialMax: number;
  /** Each change of an organization is projected for each of its readers in this process. */
  readonly perOrganizationMax: number;
}

/** A program needs one stream for each organization view. */
export const streamLimits: SlotLimits = { what: 'open streams', perCredentialMax: 5, perOrganizationMax: 50 };

/** A wait ends with the first change that its caller may see, or after half a minute. */
export const waitLimits: SlotLimits = { what: 'requests that wait for changes', perCredentialMax: 20, perOrganizationMax: 200 };

type Limit = readonly [key: string, max: number, owner: string];

/** The readers of the changes API in this process that wait for changes, within their limits. */
export class ReaderSlots {
  readonly #limits: SlotLimits;
  readonly #byKey = new Map<string, number>();
  #size = 0;

  constructor(limits: SlotLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#size;
  }

  /**
   * Takes a slot, which the returned function releases.
   * @throws OrgError `rate-limited`
   */
  take({ credentialId, actor }: Pick<Caller, 'credentialId' | 'actor'>, orgId: string): () => void {
    const { what, perCredentialMax, perOrganizationMax } = this.#limits;
    const ofCredential: readonly Limit[] =
      actor.kind === 'service'
        ? [
            [`service:${credentialId}`, perServiceMax, 'A service token'],
            [`service:${credentialId}:${orgId}`, perCredentialMax, 'A service token and an organization'],
          ]
        : [[`credential:${credentialId}`, perCredentialMax, 'A credential']];
    const limits: readonly Limit[] = [...ofCredential, [`organization:${orgId}`, perOrganizationMax, 'An organization']];
    for (const [key, max, owner] of limits) {
      if ((this.#byKey.get(key) ?? 0) < max) continue;
      throw new OrgError('rate-limited', `${owner} may have at most ${max} ${what}.`, { retryAfterSeconds: 30 });
    }
    this.#size++;
    for (const [key] of limits) this.#byKey.set(key, (this.#byKey.get(key) ?? 0) + 1);
    let isTaken = true;
    return () => {
      if (!isTaken) return;
      isTaken = false;
      this.#size--;
      for (const [key] of limits) {
        const count = this.#byKey.get(key)! - 1;
        if (count === 0) this.#byKey.delete(key);
        else this.#byKey.set(key, count);
      }
    };
  }
}
