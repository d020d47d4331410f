import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pair, WriteRequest } from './contestants/contestant.ts';
import { nameWith, nowUs } from './marker.ts';

type Written = Pick<Pair, 'instances' | 'writeRequest'>;

/** Writes alternately to the two instances of a contestant, to one record after the other. */
export class Publisher {
  readonly #pair: Written;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #teams: number;
  #version = 0;
  #turn = 0;
  /** For each team: the version of the latest successful write. */
  readonly acknowledged: number[];

  constructor(pair: Written, teams: number) {
    this.#pair = pair;
    this.#teams = teams;
    this.acknowledged = Array(teams).fill(0);
  }

  /** Resolves to whether the write succeeded. */
  async write(team: number, instance: number): Promise<boolean> {
    const version = ++this.#version;
    const name = nameWith({ team, version, sentUs: nowUs() });
    const status = await this.#put(this.#pair.instances[instance]!.url, this.#pair.writeRequest(team), JSON.stringify({ name }));
    if (status !== 200) return false;
    this.acknowledged[team] = version;
    return true;
  }

  /**
   * Writes at a fixed rate, regardless of responses. Resolves to the number of successful writes.
   */
  async writeAtRate(perSecond: number, durationMs: number, firstTeam = 0): Promise<number> {
    const writes: Promise<boolean>[] = [];
    const count = Math.round((perSecond * durationMs) / 1_000);
    const start = performance.now();
    for (let n = 0; n < count; n++) {
      await sleep(Math.max(0, start + (n * 1_000) / perSecond - performance.now()));
      writes.push(this.write((firstTeam + n) % this.#teams, n % 2));
    }
    return (await Promise.all(writes)).filter(Boolean).length;
  }

  /** Writes as fast as `writers` that await each response can. The signal stops it early. */
  async writeFlatOut(writers: number, durationMs: number, signal?: AbortSignal, firstTeam = 0): Promise<number> {
    const deadline = performance.now() + durationMs;
    let succeeded = 0;
    const writeInTurn = async () => {
      while (performance.now() < deadline && !signal?.aborted) {
        const turn = this.#turn++;
        if (await this.write(firstTeam + (turn % (this.#teams - firstTeam)), turn % 2)) succeeded++;
      }
    };
    await Promise.all(Array.from({ length: writers }, writeInTurn));
    return succeeded;
  }

  close(): void {
    this.#agent.destroy();
  }

  /** Resolves to the status, or 0 if there was no response. */
  #put(url: string, { path, headers }: WriteRequest, body: string): Promise<number> {
    return new Promise((resolve) => {
      const length = Buffer.byteLength(body);
      const options = {
        method: 'PUT',
        agent: this.#agent,
        headers: { 'content-type': 'application/json', 'content-length': length, ...headers },
      };
      const call = request(url + path, options, (response) => {
        response.resume();
        response.on('close', () => resolve(response.statusCode ?? 0));
      });
      call.on('error', () => resolve(0));
      call.end(body);
    });
  }
}
