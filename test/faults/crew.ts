import type { History } from '../support/history.ts';
import { Loop } from './loop.ts';
import type { Organization } from './organization.ts';
import { churner, historyPlayer, teamMaker, type WriterDeps } from './writers.ts';

/** Everybody who writes, in one hand. */
export class Crew {
  readonly #history: readonly Loop[];
  readonly #churn: readonly Loop[];
  readonly #teams: readonly Loop[];
  readonly deps: WriterDeps;

  constructor(deps: WriterDeps, organizations: readonly Organization[], history: History) {
    this.deps = deps;
    this.#history = organizations.map((org) => new Loop(historyPlayer(deps, org, history)));
    this.#churn = organizations.map((org) => new Loop(churner(deps, org)));
    this.#teams = organizations.map((org) => new Loop(teamMaker(deps, org)));
  }

  get #loops(): readonly Loop[] {
    return [...this.#history, ...this.#churn, ...this.#teams];
  }

  run(): void {
    for (const loop of this.#loops) loop.run();
  }

  /** Resolves when nothing is under way. */
  async halt(): Promise<void> {
    await Promise.all(this.#loops.map((loop) => loop.halt()));
  }

  /** Small writes alone go on. */
  async runTeamsOnly(): Promise<void> {
    await Promise.all([...this.#history, ...this.#churn].map((loop) => loop.halt()));
    for (const loop of this.#teams) loop.run();
  }
}
