import { noProductScopes, OrgState } from '@rollcall/protocol';
import type { DehydratedOrganization } from './dehydrate.ts';
import { type LocalDecision, type LocalOn, LocalRights, type LocalWho } from './local-can.ts';
import type { ScopeName } from './scope-name.ts';
import { type OrganizationState, StateView } from './state-view.ts';
import type { WhenStale } from './when-stale.ts';

/**
 * A dehydrated state, to read until the replica has arrived. It is never fresh. Scopes of the
 * product's own are denied, because it does not contain their table.
 */
export class HydratedOrganization {
  readonly state: OrganizationState;
  readonly #records: OrgState;
  readonly #rights = new LocalRights();

  constructor({ id, revision, records }: DehydratedOrganization) {
    const all = Object.entries(records).flatMap(([kind, ofKind]) => ofKind.map((record) => ({ kind, record })));
    this.#records = OrgState.from(all);
    const view = new StateView();
    for (const kind of this.#records.kinds()) view.markChanged(kind);
    this.state = view.read(this.#records, id, revision);
  }

  can(whenStale: WhenStale, who: LocalWho, scope: ScopeName | readonly ScopeName[], on?: LocalOn): LocalDecision {
    const { revision } = this.state;
    if (whenStale !== 'last-known') return { allowed: false, why: 'stale', revision, fresh: false };
    return { ...this.#rights.decide(this.#records, () => this.state, noProductScopes, who, scope, on), revision, fresh: false };
  }
}
