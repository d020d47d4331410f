import { OrgError } from '@rollcall/protocol';
import type { Caller } from '../../identity/caller.ts';

/** Streams of one credential. A program needs one for each organization view. */
const perCredentialMax = 5;
/**
 * Streams of a service token, which is a credential for all organizations. An idle stream takes
 * some 20 KB, so these take 20 MB.
 */
const perServiceMax = 1_000;
/** Streams of one organization in this process. Each change is projected for each of them. */
const perOrganizationMax = 50;

type Limit = readonly [key: string, max: number, owner: string];

/** The open streams of this process, within their limits. */
export class StreamSlots {
  readonly #byKey = new Map<string, number>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /**
   * Takes a slot, which the returned function releases.
   * @throws OrgError `rate-limited`
   */
  take({ credentialId, actor }: Pick<Caller, 'credentialId' | 'actor'>, orgId: string): () => void {
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
      throw new OrgError('rate-limited', `${owner} may have at most ${max} open streams.`, { retryAfterSeconds: 30 });
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
