import { setTimeout as sleep } from 'node:timers/promises';
import type { History } from '../support/history.ts';
import { Loop } from './loop.ts';
import type { Organization } from './organization.ts';
import { churner, HistoryPlayer, teamMaker, type WriterDeps } from './writers.ts';

/** The pause between plays of a history that is complete, until all are. */
const restMs = 50;

/** Controls all writers. */
export class WriterGroup {
  readonly #players: readonly HistoryPlayer[];
  readonly #history: readonly Loop[];
  readonly #churn: readonly Loop[];
  readonly #teams: readonly Loop[];
  readonly deps: WriterDeps;

  constructor(deps: WriterDeps, organizations: readonly Organization[], history: History) {
    this.deps = deps;
    this.#players = organizations.map((org) => new HistoryPlayer(deps, org, history));
    this.#history = this.#players.map((player) => new Loop(() => this.#play(player)));
    this.#churn = organizations.map((org) => new Loop(churner(deps, org)));
    this.#teams = organizations.map((org) => new Loop(teamMaker(deps, org)));
  }

  get #loops(): readonly Loop[] {
    return [...this.#history, ...this.#churn, ...this.#teams];
  }

  /** The progress of the history, in merges. */
  get played(): { readonly merges: number; readonly of: number } {
    const sum = (number: (player: HistoryPlayer) => number) => this.#players.reduce((all, player) => all + number(player), 0);
    return { merges: sum(({ played, total }) => Math.min(played, total)), of: sum(({ total }) => total) };
  }

  get hasPlayedAll(): boolean {
    return this.#players.every(({ played, total }) => played >= total);
  }

  /**
   * Small histories pause to leave the machine to the large ones. When all are complete, all start
   * again.
   */
  async #play(player: HistoryPlayer): Promise<void> {
    await (player.played >= player.total && !this.hasPlayedAll ? sleep(restMs) : player.playNext());
  }

  run(): void {
    for (const loop of this.#loops) loop.run();
  }

  /** Resolves when no write is pending. */
  async halt(): Promise<void> {
    await Promise.all(this.#loops.map((loop) => loop.halt()));
  }

  /** Runs only small writes. */
  async runTeamsOnly(): Promise<void> {
    await Promise.all([...this.#history, ...this.#churn].map((loop) => loop.halt()));
    for (const loop of this.#teams) loop.run();
  }
}
