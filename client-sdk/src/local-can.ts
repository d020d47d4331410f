import {
  can,
  type Decision,
  type ExternalIdRecord,
  type MemberRecord,
  type On,
  type OrgState,
  organizationSubject,
  type ProductScopes,
  type Who,
  type Why,
} from '@rollcall/protocol';
import type { ScopeName } from './scope-name.ts';
import type { OrganizationState } from './state-view.ts';

/**
 * The subject of a decision. For an email address, a member takes precedence over an invite, and
 * only addresses that are visible to the caller are found. Only service tokens find users by their
 * external ids.
 */
export type LocalWho =
  | { readonly userId: string }
  | { readonly memberId: string }
  | { readonly email: string }
  | { readonly externalId: string };

/** The team or project of a decision, by id or slug. Absent for the organization itself. */
export type LocalOn =
  | { readonly teamId: string }
  | { readonly projectId: string }
  | { readonly team: string }
  | { readonly project: string };

/**
 * The reason for a decision. The README maps each to an HTTP status.
 * - `stale`: the replica was too old to decide by, see `WhenStale`.
 * - `no-copy`: there is no replica, because it hasn't arrived yet or the caller closed it.
 * - `unreachable`: there is no replica, and the last attempt to connect failed.
 * - `credential-ended`: the server no longer accepts the client's credential.
 * - `no-organization`: the organization doesn't exist, or the client may not see it.
 */
export type LocalWhy = Why | 'stale' | 'no-copy' | 'unreachable' | 'credential-ended';

export interface LocalDecision {
  readonly allowed: boolean;
  readonly why: LocalWhy;
  /** The revision of the replica that decided. Null without a replica, which allows nothing. */
  readonly revision: number | null;
  readonly fresh: boolean;
}

const unknownId = '';

/**
 * Evaluates `can` on the replica, with the server's own function. The indexes by address and slug
 * are built once per change.
 */
export class LocalRights {
  readonly #idByEmail = memoize((members: readonly MemberRecord[], invites: readonly MemberRecord[]) => {
    const ids = new Map<string, string>();
    for (const { id, email, user } of [...invites, ...members]) {
      for (const address of [email, user?.email]) if (address) ids.set(address.toLowerCase(), id);
    }
    return ids;
  });
  readonly #userIdByExternalId = memoize(
    (records: readonly ExternalIdRecord[]) =>
      new Map(records.flatMap(({ id, externalId }) => (id === organizationSubject ? [] : [[externalId, id]]))),
  );
  readonly #idByTeam = memoize(idsBySlug);
  readonly #idByProject = memoize(idsBySlug);

  decide(
    source: OrgState,
    view: () => OrganizationState,
    productScopes: ProductScopes,
    who: LocalWho,
    scope: ScopeName | readonly ScopeName[],
    on?: LocalOn,
  ): Decision {
    return can(source, this.#who(view, who), scope, on && this.#on(view, on), productScopes);
  }

  #who(view: () => OrganizationState, who: LocalWho): Who {
    if ('externalId' in who) return { userId: this.#userIdByExternalId(view().externalIds).get(who.externalId) ?? unknownId };
    if (!('email' in who)) return who;
    const { members, invites } = view();
    return { memberId: this.#idByEmail(members, invites).get(who.email.toLowerCase()) ?? unknownId };
  }

  #on(view: () => OrganizationState, on: LocalOn): On {
    if ('team' in on) return { teamId: this.#idByTeam(view().teams).get(on.team) ?? unknownId };
    if ('project' in on) return { projectId: this.#idByProject(view().projects).get(on.project) ?? unknownId };
    return on;
  }
}

function idsBySlug(records: readonly { readonly id: string; readonly slug: string }[]): ReadonlyMap<string, string> {
  return new Map(records.map(({ id, slug }) => [slug, id]));
}

/** Caches the last result while the arguments are the same objects. */
function memoize<Args extends readonly object[], T>(compute: (...args: Args) => T): (...args: Args) => T {
  let last: { readonly args: Args; readonly value: T } | null = null;
  return (...args) => {
    if (!last || !args.every((arg, index) => arg === last!.args[index])) last = { args, value: compute(...args) };
    return last.value;
  };
}
