import type { ListedOrganization } from '@rollcall/protocol';
import type { OrganizationHandle } from './organization-handle.ts';
import type { Organizations } from './organizations.ts';

/** The listed organizations to which a client subscribes by itself. */
export type Followed = 'all' | ((organization: ListedOrganization) => boolean);

/** Keeps a subscription to each listed organization that the caller of `connect` chose. */
export class FollowedOrganizations {
  readonly #organizations: Organizations;
  readonly #followed: Followed;
  readonly #open: (id: string) => OrganizationHandle;
  readonly #handles = new Map<string, OrganizationHandle>();
  #idBySlug: ReadonlyMap<string, string> = new Map();

  constructor(organizations: Organizations, followed: Followed, open: (id: string) => OrganizationHandle) {
    this.#organizations = organizations;
    this.#followed = followed;
    this.#open = open;
    organizations.subscribe(() => this.#update());
  }

  /** The id of a listed organization, by its slug. */
  idOf(slug: string): string | null {
    return this.#idBySlug.get(slug) ?? null;
  }

  #update(): void {
    this.#idBySlug = new Map(this.#organizations.list.map(({ id, slug }) => [slug, id]));
    if (!this.#organizations.isLive) return;
    const wanted = new Set(this.#organizations.list.filter((one) => this.#isFollowed(one)).map(({ id }) => id));
    for (const [id, handle] of this.#handles) {
      if (wanted.has(id)) continue;
      this.#handles.delete(id);
      handle.close();
    }
    for (const id of wanted) if (!this.#handles.has(id)) this.#handles.set(id, this.#open(id));
  }

  #isFollowed(organization: ListedOrganization): boolean {
    return this.#followed === 'all' || this.#followed(organization);
  }
}
