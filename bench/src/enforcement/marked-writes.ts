import { setTimeout as sleep } from 'node:timers/promises';
import { revisionOf } from '../../../test/support/provision.ts';
import { type Api, apiOf } from '../../../test/support/server.ts';
import type { Cluster } from '../load/cluster.ts';
import { teamSlug } from '../load/marked-records.ts';
import { nameWith, nowUs } from '../marker.ts';
import { changesPerSecond, teams } from '../options.ts';

/** Renames teams at a fixed rate. Each rename goes to the next instance. */
export class MarkedWrites {
  readonly #apis: readonly Api[];
  readonly #org: string;
  readonly #token: string;
  #version = 0;

  constructor(cluster: Cluster, org: string, token: string) {
    this.#apis = cluster.urls.map((url) => apiOf(url, cluster.operatorToken));
    this.#org = org;
    this.#token = token;
  }

  /** Returns the last revision. */
  async writeFor(durationMs: number): Promise<number> {
    const count = Math.round((durationMs / 1_000) * changesPerSecond);
    const start = performance.now();
    const writes: Promise<number>[] = [];
    for (let n = 0; n < count; n++) {
      await sleep(Math.max(0, start + (n * 1_000) / changesPerSecond - performance.now()));
      writes.push(this.#write(++this.#version));
    }
    return Math.max(...(await Promise.all(writes)));
  }

  async #write(version: number): Promise<number> {
    const team = version % teams;
    const renamed = await this.#apis[version % this.#apis.length]!.request('PUT', `/api/0/teams/${this.#org}/${teamSlug(team)}/`, {
      token: this.#token,
      body: { name: nameWith({ team, version, sentUs: nowUs() }) },
    });
    if (renamed.status !== 200) throw new Error(`a write returned ${renamed.status}: ${JSON.stringify(renamed.body)}`);
    return revisionOf(renamed);
  }
}
