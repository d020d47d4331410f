import { isPageName, type OrganizationViewer, OrgError, pageNameLengthMax, presenceFrameSchema } from '@rollcall/protocol';
import { Emitter, type ErrorHandler } from './emitter.ts';
import { deepFreeze, isSameJson } from './json-values.ts';

/** Names the page or, with `leave`, takes oneself away. */
export interface PresenceMessage {
  readonly page?: string;
  readonly leave?: true;
}

const nobody: readonly never[] = Object.freeze([]);

/**
 * Who looks at an organization now. One is told only while one shows oneself. Known while connected, and never kept: it
 * is no part of the state.
 */
export class Presence {
  readonly #send: (message: PresenceMessage) => void;
  readonly #store: Emitter<{ changed: null }>;
  /** What is shown by whom; the last one counts. */
  readonly #shown: { readonly page: string | undefined }[] = [];
  #isLive = false;
  #viewers: readonly OrganizationViewer[] = nobody;
  #count = 0;

  /** @internal */
  constructor(send: (message: PresenceMessage) => void, onError: ErrorHandler) {
    this.#send = send;
    this.#store = new Emitter(onError);
  }

  /** Oneself among them, in the order in which they came; the first 100. Frozen, and the same object until it changes, as is each of them. */
  get list(): readonly OrganizationViewer[] {
    return this.#viewers;
  }

  /** How many there are. */
  get count(): number {
    return this.#count;
  }

  /** Calls back whenever `list` is another object or `count` changes. Gives the function that stops it. */
  readonly subscribe = (listener: () => void): (() => void) => this.#store.on('changed', listener);

  /**
   * Shows oneself, on a page if one is named (64 characters of ASCII), until the function that it gives is called. When it is called
   * several times, the last page that is still shown is the one that others see.
   * @throws OrgError `invalid` for what is no name of a page
   */
  show(page?: string): () => void {
    if (page !== undefined && !isPageName(page)) {
      throw new OrgError('invalid', `A page is named by 1 to ${pageNameLengthMax} printable characters of ASCII.`);
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
      // Going from one page to another is no leaving.
      else queueMicrotask(() => this.#leaveUnlessShown());
    };
  }

  /**
   * Whether the copy is live: the server knows nothing of an earlier subscription.
   * @internal
   */
  setLive(isLive: boolean): void {
    if (this.#isLive === isLive) return;
    this.#isLive = isLive;
    if (isLive) this.#sendPage();
    else this.#set(nobody, 0);
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
    this.#set(nobody, 0);
  }

  #set(viewers: readonly OrganizationViewer[], count: number): void {
    const isSame = viewers.length === this.#viewers.length && viewers.every((viewer, index) => viewer === this.#viewers[index]);
    if (isSame && count === this.#count) return;
    if (!isSame) this.#viewers = Object.freeze([...viewers]);
    this.#count = count;
    this.#store.emit('changed', null);
  }
}
