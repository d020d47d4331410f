import { isPageName, isSameJson, type OrganizationViewer, OrgError, pageNameLengthMax, presenceFrameSchema } from '@rollcall/protocol';
import { Emitter, type ErrorHandler } from './emitter.ts';
import { deepFreeze } from './json-values.ts';

/** Publishes the page that the user views. `leave` ends it. */
export interface PresenceMessage {
  readonly page?: string;
  readonly leave?: true;
}

const noViewers: readonly never[] = Object.freeze([]);

/**
 * The users who currently view an organization. Presence is received only while the client shows
 * its own. It exists only while connected and isn't part of the state.
 */
export class Presence {
  readonly #send: (message: PresenceMessage) => void;
  readonly #store: Emitter<{ changed: null }>;
  /** The pages that callers of `show` publish. The last one counts. */
  readonly #shown: { readonly page: string | undefined }[] = [];
  #isLive = false;
  #viewers: readonly OrganizationViewer[] = noViewers;
  #count = 0;

  /** @internal */
  constructor(send: (message: PresenceMessage) => void, onError: ErrorHandler) {
    this.#send = send;
    this.#store = new Emitter(onError);
  }

  /**
   * The first 100 viewers in the order of their arrival, including this user. Frozen. The array and
   * each entry stay the same object until they change.
   */
  get list(): readonly OrganizationViewer[] {
    return this.#viewers;
  }

  /** The total number of viewers. */
  get count(): number {
    return this.#count;
  }

  /**
   * Calls `listener` when `list` or `count` changed. Returns a function that removes the listener.
   */
  readonly subscribe = (listener: () => void): (() => void) => this.#store.on('changed', listener);

  /**
   * Shows this user as a viewer until the returned function is called. `page` names the page, in up
   * to 64 printable ASCII characters. After several calls, others see the last page that is still
   * shown.
   * @throws OrgError `invalid` if `page` isn't a valid name
   */
  show(page?: string): () => void {
    if (page !== undefined && !isPageName(page)) {
      throw new OrgError('invalid', `The name of a page must have 1 to ${pageNameLengthMax} printable ASCII characters.`);
    }
    const shown = { page };
    this.#shown.push(shown);
    this.#sendPage();
    return () => {
      const index = this.#shown.indexOf(shown);
      if (index === -1) return;
      const wasLast = index === this.#shown.length - 1;
      this.#shown.splice(index, 1);
      if (this.#shown.length > 0 && wasLast) this.#sendPage();
      // Going from one page to another must not send `leave`.
      else queueMicrotask(() => this.#leaveUnlessShown());
    };
  }

  /**
   * Whether the replica is live. On a new subscription, the server doesn't know the page yet.
   * @internal
   */
  setLive(isLive: boolean): void {
    if (this.#isLive === isLive) return;
    this.#isLive = isLive;
    if (isLive) this.#sendPage();
    else this.#set(noViewers, 0);
  }

  /** @internal */
  receive(payload: unknown): void {
    const frame = presenceFrameSchema.safeParse(payload);
    if (!frame.success || !this.#isLive || this.#shown.length === 0) return;
    const before = new Map(this.#viewers.map((viewer) => [viewer.userId, viewer]));
    const viewers = (frame.data.viewers as OrganizationViewer[]).map((viewer) => {
      const known = before.get(viewer.userId);
      return known && isSameJson(known, viewer) ? known : deepFreeze(viewer);
    });
    this.#set(viewers, frame.data.count);
  }

  #sendPage(): void {
    const last = this.#shown.at(-1);
    if (this.#isLive && last) this.#send(last.page === undefined ? {} : { page: last.page });
  }

  #leaveUnlessShown(): void {
    if (this.#shown.length > 0) return;
    if (this.#isLive) this.#send({ leave: true });
    this.#set(noViewers, 0);
  }

  #set(viewers: readonly OrganizationViewer[], count: number): void {
    const isSame = viewers.length === this.#viewers.length && viewers.every((viewer, index) => viewer === this.#viewers[index]);
    if (isSame && count === this.#count) return;
    if (!isSame) this.#viewers = Object.freeze([...viewers]);
    this.#count = count;
    this.#store.emit('changed', null);
  }
}
