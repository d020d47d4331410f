/** One line that is updated: the elapsed time, its maximum, and the current step. */
export class Progress {
  readonly #start = performance.now();
  readonly #durationMsMax: number;
  readonly #timer: NodeJS.Timeout;
  #text = '';

  constructor(durationMsMax: number) {
    this.#durationMsMax = durationMsMax;
    this.#timer = setInterval(() => this.#draw(), 250).unref();
  }

  get elapsedMs(): number {
    return performance.now() - this.#start;
  }

  get remainingMs(): number {
    return this.#durationMsMax - this.elapsedMs;
  }

  show(text: string): void {
    this.#text = text;
    if (process.stderr.isTTY) this.#draw();
    else console.error(this.#line());
  }

  end(): void {
    clearInterval(this.#timer);
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[2K');
  }

  #draw(): void {
    if (process.stderr.isTTY && this.#text) process.stderr.write(`\r\x1b[2K${this.#line().slice(0, process.stderr.columns - 1)}`);
  }

  #line(): string {
    return `${String(Math.round(this.elapsedMs / 1_000)).padStart(3)} of at most ${this.#durationMsMax / 1_000} s  ${this.#text}`;
  }
}
