import { can, type Decision, type MemberRecord, type On, type OrgState, type Scope, type Who, type Why } from '@rollcall/protocol';
import type { OrganizationState } from './state-view.ts';

/** Whom a question is about. By address, a member goes before an invite, and only addresses that one may see are found. */
export type LocalWho = { readonly userId: string } | { readonly memberId: string } | { readonly email: string };

/** What a question is about, by id or by slug. Absent means the organization itself. */
export type LocalOn =
  | { readonly teamId: string }
  | { readonly projectId: string }
  | { readonly team: string }
  | { readonly project: string };

export interface LocalDecision {
  readonly allowed: boolean;
  /** `stale`: the copy was too old to answer by, see `WhenStale`. */
  readonly why: Why | 'stale';
  /** What the answer was judged by. Null without a copy, which allows nothing. */
  readonly revision: number | null;
  readonly fresh: boolean;
}

/** An id that no record has. */
const nobody = '';

/** Answers `can` from the copy, by the same function as the server. Look-ups by address and slug are built once per change. */
export class LocalRights {
  readonly #idByEmail = memoize((members: readonly MemberRecord[], invites: readonly MemberRecord[]) => {
    const ids = new Map<string, string>();
    for (const { id, email, user } of [...invites, ...members]) {
      for (const address of [email, user?.email]) if (address) ids.set(address.toLowerCase(), id);
    }
    return ids;
  });
  readonly #idByTeam = memoize(idsBySlug);
  readonly #idByProject = memoize(idsBySlug);

  decide(source: OrgState, view: () => OrganizationState, who: LocalWho, scope: Scope | readonly Scope[], on?: LocalOn): Decision {
    return can(source, this.#who(view, who), scope, on && this.#on(view, on));
  }

  #who(view: () => OrganizationState, who: LocalWho): Who {
    if (!('email' in who)) return who;
    const { members, invites } = view();
    return { memberId: this.#idByEmail(members, invites).get(who.email.toLowerCase()) ?? nobody };
  }

  #on(view: () => OrganizationState, on: LocalOn): On {
    if ('team' in on) return { teamId: this.#idByTeam(view().teams).get(on.team) ?? nobody };
    if ('project' in on) return { projectId: this.#idByProject(view().projects).get(on.project) ?? nobody };
    return on;
  }
}

function idsBySlug(records: readonly { readonly id: string; readonly slug: string }[]): ReadonlyMap<string, string> {
  return new Map(records.map(({ id, slug }) => [slug, id]));
}

/** Remembers the last result for as long as the arguments are the same objects. */
function memoize<Args extends readonly object[], T>(compute: (...args: Args) => T): (...args: Args) => T {
  let last: { readonly args: Args; readonly value: T } | null = null;
  return (...args) => {
    if (!last || !args.every((arg, index) => arg === last!.args[index])) last = { args, value: compute(...args) };
    return last.value;
  };
}
