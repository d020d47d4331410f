import type { History } from '../support/history.ts';
import { Loop } from './loop.ts';
import type { Organization } from './organization.ts';
import { churner, HistoryPlayer, teamMaker, type WriterDeps } from './writers.ts';

/** Everybody who writes, in one hand. */
export class Crew {
  readonly #players: readonly HistoryPlayer[];
  readonly #history: readonly Loop[];
  readonly #churn: readonly Loop[];
  readonly #teams: readonly Loop[];
  readonly deps: WriterDeps;

  constructor(deps: WriterDeps, organizations: readonly Organization[], history: History) {
    this.deps = deps;
    this.#players = organizations.map((org) => new HistoryPlayer(deps, org, history));
    this.#history = this.#players.map((player) => new Loop(() => player.turn()));
    this.#churn = organizations.map((org) => new Loop(churner(deps, org)));
    this.#teams = organizations.map((org) => new Loop(teamMaker(deps, org)));
  }

  get #loops(): readonly Loop[] {
    return [...this.#history, ...this.#churn, ...this.#teams];
  }

  /** How much of the history was played, in merges. */
  get played(): { readonly merges: number; readonly of: number } {
    const sum = (number: (player: HistoryPlayer) => number) => this.#players.reduce((all, player) => all + number(player), 0);
    return { merges: sum(({ played, total }) => Math.min(played, total)), of: sum(({ total }) => total) };
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
