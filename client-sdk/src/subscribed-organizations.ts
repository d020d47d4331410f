import type { ListedOrganization } from '@rollcall/protocol';
import { type ErrorHandler, report } from './emitter.ts';
import type { OrganizationHandle } from './organization-handle.ts';
import type { Organizations } from './organizations.ts';

/** The listed organizations to which a client subscribes by itself. */
export type OrganizationChoice = 'all' | ((organization: ListedOrganization) => boolean);

/** Keeps a subscription to each listed organization that the caller of `connect` chose. */
export class SubscribedOrganizations {
  readonly #organizations: Organizations;
  readonly #choice: OrganizationChoice;
  readonly #open: (id: string) => OrganizationHandle;
  readonly #onError: ErrorHandler;
  readonly #handles = new Map<string, OrganizationHandle>();
  #idBySlug: ReadonlyMap<string, string> = new Map();

  constructor(organizations: Organizations, choice: OrganizationChoice, open: (id: string) => OrganizationHandle, onError: ErrorHandler) {
    this.#organizations = organizations;
    this.#choice = choice;
    this.#open = open;
    this.#onError = onError;
    organizations.subscribe(() => this.#update());
  }

  /** The id of a listed organization, by its slug. */
  idOf(slug: string): string | null {
    return this.#idBySlug.get(slug) ?? null;
  }

  #update(): void {
    this.#idBySlug = new Map(this.#organizations.list.map(({ id, slug }) => [slug, id]));
    if (!this.#organizations.isLive) return;
    const { list, isOfService } = this.#organizations;
    const listed = new Set(list.map(({ id }) => id));
    const wanted = new Set(list.filter((one) => this.#isChosen(one)).map(({ id }) => id));
    for (const [id, handle] of this.#handles) {
      if (wanted.has(id)) continue;
      // The server ends a service's subscription to an organization that is gone, with a reason.
      if (isOfService && !listed.has(id) && handle.subscription.ending === null) continue;
      this.#handles.delete(id);
      handle.close();
    }
    for (const id of wanted) {
      // Access that ended may be granted again, for example after the user set up a second factor.
      const ending = this.#handles.get(id)?.subscription.ending;
      if (ending !== null && ending?.kind !== 'refused') this.#handles.set(id, this.#open(id));
    }
  }

  /** An organization for which the function throws isn't chosen. Others aren't affected. */
  #isChosen(organization: ListedOrganization): boolean {
    try {
      return this.#choice === 'all' || this.#choice(organization);
    } catch (error) {
      report(this.#onError, error);
      return false;
    }
  }
}
