import { useSyncExternalStore } from 'react';
import type { BaseLocationHook } from 'wouter';
import type { LeaveQuestions } from './leave-questions.ts';

interface NavigateOptions {
  readonly replace?: boolean;
  readonly state?: { readonly keepsPage?: boolean } | null;
}

/** The state of a navigation that leaves nothing, such as to the new slug of an organization. */
export const keepsPage = { keepsPage: true } as const;

/**
 * The address of the page for the router. It changes only after the user has agreed to lose
 * unsaved work. The Back button has changed the browser's own address before it can be
 * asked, so that address is restored first.
 */
export class GuardedLocation {
  readonly #questions: LeaveQuestions;
  readonly #listeners = new Set<() => void>();
  #pathname = location.pathname;
  /** The number of the current history entry. */
  #entry: number;
  #onRestored: (() => void) | null = null;

  constructor(questions: LeaveQuestions) {
    this.#questions = questions;
    const entry = entryIn(history.state);
    this.#entry = entry ?? 0;
    if (entry === null) this.#numberEntry();
    addEventListener('popstate', () => this.#onPopState());
  }

  readonly hook: BaseLocationHook = () => [useSyncExternalStore(this.#subscribe, this.#read), this.#navigate];

  readonly #read = () => this.#pathname;

  readonly #subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly #navigate = (to: string, { replace = false, state = null }: NavigateOptions = {}): void => {
    const go = () => {
      if (!replace) this.#entry += 1;
      history[replace ? 'replaceState' : 'pushState']({ entry: this.#entry }, '', to);
      this.#show();
    };
    const leavesPage = new URL(to, location.href).pathname !== this.#pathname;
    if (!leavesPage || state?.keepsPage || this.#questions.isEmpty) go();
    else void this.#questions.askAll().then((mayLeave) => mayLeave && go());
  };

  #onPopState(): void {
    const entry = entryIn(history.state);
    if (this.#onRestored) {
      this.#onRestored();
      this.#onRestored = null;
      return;
    }
    if (location.pathname === this.#pathname || this.#questions.isEmpty) {
      // A link to a part of the page makes an entry without a number.
      this.#entry = entry ?? this.#entry + 1;
      if (entry === null) this.#numberEntry();
      this.#show();
      return;
    }
    const steps = (entry ?? this.#entry - 1) - this.#entry || -1;
    const restored = new Promise<void>((resolve) => {
      this.#onRestored = resolve;
    });
    history.go(-steps);
    void restored.then(() => this.#questions.askAll()).then((mayLeave) => mayLeave && history.go(steps));
  }

  #numberEntry(): void {
    history.replaceState({ entry: this.#entry }, '');
  }

  #show(): void {
    this.#pathname = location.pathname;
    for (const listener of this.#listeners) listener();
  }
}

function entryIn(state: unknown): number | null {
  const { entry } = (state ?? {}) as { readonly entry?: unknown };
  return typeof entry === 'number' ? entry : null;
}
