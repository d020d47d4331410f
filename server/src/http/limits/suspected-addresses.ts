import { OrgError } from '@rollcall/protocol';
import { ExpiringMap } from '../../runtime/collections/expiring-map.ts';
import type { Limits } from '../../runtime/limits/limits.ts';
import { Semaphore } from '../../runtime/limits/semaphore.ts';

/**
 * The time for which an address is suspected after a refused credential. A program that guesses
 * credentials is refused many times in it.
 */
const suspectedMs = 10_000;

/**
 * The addresses that sent a credential that was refused a moment ago. A guess is counted when it
 * was refused, so a program that guesses could have as many checked at once as it has connections,
 * and the requests of others would wait. The requests of suspected addresses are therefore
 * authenticated a few at a time.
 */
export class SuspectedAddresses {
  readonly #suspected = new ExpiringMap<true>();
  readonly #admission: Semaphore;

  constructor({ suspectedRequests, suspectedRequestsWaiting, suspectedRequestsWaitingPerAddress }: Limits) {
    const overloaded = () => new OrgError('unavailable', 'Too many requests are waiting. Try again shortly.', { retryAfterSeconds: 1 });
    const refusal = () =>
      new OrgError('rate-limited', 'Too many requests from your IP address are waiting. Try again shortly.', { retryAfterSeconds: 1 });
    this.#admission = new Semaphore({
      concurrentMax: suspectedRequests,
      inTotal: { waitingMax: suspectedRequestsWaiting, refusal: overloaded },
      perKey: [{ waitingMax: suspectedRequestsWaitingPerAddress, refusal }],
    });
  }

  add(network: string): void {
    this.#suspected.set(network, true, suspectedMs);
  }

  has(network: string): boolean {
    return this.#suspected.get(network) !== undefined;
  }

  /**
   * Runs the work, one address after another.
   * @param closed aborts when the caller is gone; work that still waits is then dropped
   * @throws OrgError `rate-limited` or `unavailable` when too much waits
   */
  run(network: string, closed: AbortSignal, work: () => Promise<void>): Promise<void> {
    return this.#admission.run(work, { keys: [network], closed });
  }
}
