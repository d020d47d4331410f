import { readFileSync } from 'node:fs';

/**
 * The resident memory of a process, sampled every 250 ms. Linux only, since it is read from
 * `/proc`.
 */
export class ResidentMemory implements Disposable {
  readonly #pid: number;
  readonly #timer: NodeJS.Timeout;
  #samples: number[] = [];

  constructor(pid: number) {
    this.#pid = pid;
    this.#timer = setInterval(() => this.#sample(), 250);
  }

  /** Bytes, in order of time, since the last call. */
  take(): readonly number[] {
    this.#sample();
    const taken = this.#samples;
    this.#samples = [];
    return taken;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #sample(): void {
    try {
      const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.#pid}/status`, 'utf8')) ?? [];
      if (kilobytes) this.#samples.push(Number(kilobytes) * 1024);
    } catch {
      // The process has exited, which is reported separately.
    }
  }
}
