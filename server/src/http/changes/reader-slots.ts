import { OrgError } from '@rollcall/protocol';
import type { Caller } from '../../identity/caller.ts';
import { readerLimits } from '../../runtime/limits/rows/readers.ts';
import { changeCount } from '../../runtime/metrics/change-count.ts';

export interface SlotLimits {
  /** The readers, in the plural, for the text of a refusal. */
  readonly what: string;
  /**
   * The readers of one user with any credential, or of one organization token. Service tokens have
   * as many for each organization.
   */
  readonly perOwnerMax: number;
  /** Each change of an organization is projected for each of its readers in this process. */
  readonly perOrganizationMax: number;
  /**
   * The part of them that users may take. The rest is for the tokens of programs, which members
   * could otherwise keep out.
   */
  readonly ofUsersMax: number;
}

export const streamLimits: SlotLimits = {
  what: 'open streams',
  perOwnerMax: readerLimits.streamsPerOwner.value,
  perOrganizationMax: readerLimits.streams.value,
  ofUsersMax: readerLimits.streamsOfUsers.value,
};

export const waitLimits: SlotLimits = {
  what: 'requests that wait for changes',
  perOwnerMax: readerLimits.waitsPerOwner.value,
  perOrganizationMax: readerLimits.waits.value,
  ofUsersMax: readerLimits.waitsOfUsers.value,
};

export const snapshotLimits: SlotLimits = {
  what: 'requests for a snapshot',
  perOwnerMax: readerLimits.snapshotsPerOwner.value,
  perOrganizationMax: readerLimits.snapshots.value,
  ofUsersMax: readerLimits.snapshotsOfUsers.value,
};

type Limit = readonly [key: string, max: number, owner: string];

/** The readers of the changes API in this process, within their limits. */
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
   * Takes a slot for a caller who may read the organization. The returned function releases it, and
   * may be called twice.
   * @throws OrgError `rate-limited`
   */
  take(caller: Pick<Caller, 'credentialId' | 'actor'>, orgId: string): () => void {
    const { what, perOrganizationMax } = this.#limits;
    const limits: readonly Limit[] = [...this.#limitsOf(caller, orgId), [`organization:${orgId}`, perOrganizationMax, 'An organization']];
    for (const [key, max, owner] of limits) {
      if ((this.#byKey.get(key) ?? 0) < max) continue;
      throw new OrgError('rate-limited', `${owner} may have at most ${max} ${what}.`, { retryAfterSeconds: 30 });
    }
    this.#size++;
    for (const [key] of limits) changeCount(this.#byKey, key, 1);
    let isTaken = true;
    return () => {
      if (!isTaken) return;
      isTaken = false;
      this.#size--;
      for (const [key] of limits) changeCount(this.#byKey, key, -1);
    };
  }

  #limitsOf({ credentialId, actor }: Pick<Caller, 'credentialId' | 'actor'>, orgId: string): readonly Limit[] {
    const { perOwnerMax, ofUsersMax } = this.#limits;
    if (actor.kind === 'user') {
      return [
        [`user:${actor.userId}`, perOwnerMax, 'A user'],
        [`users:${orgId}`, ofUsersMax, 'The users of an organization'],
      ];
    }
    if (actor.kind === 'org-token') return [[`token:${credentialId}`, perOwnerMax, 'An organization token']];
    return [
      [`service:${credentialId}`, readerLimits.perService.value, 'A service token'],
      [`service:${credentialId}:${orgId}`, perOwnerMax, 'A service token and an organization'],
    ];
  }
}
