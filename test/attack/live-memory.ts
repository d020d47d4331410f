import { Inspector } from '../support/inspector.ts';

/**
 * The live memory of a server process, read through its inspector. Resident memory also contains
 * garbage: V8 collects what has survived for a while only when its heap has grown to a multiple of
 * the live memory.
 */
export class LiveMemory implements Disposable {
  readonly #inspector: Inspector;

  private constructor(inspector: Inspector) {
    this.#inspector = inspector;
  }

  /** @param url as printed by a process with `--inspect` */
  static async open(url: string): Promise<LiveMemory> {
    return new LiveMemory(await Inspector.open(url));
  }

  /**
   * Bytes of objects and buffers that are in use. The process collects its garbage first. 0 if the
   * process has ended.
   */
  async read(): Promise<number> {
    await this.#inspector.collectGarbage();
    return this.#inspector.evaluate('(({ heapUsed, external }) => heapUsed + external)(process.memoryUsage())');
  }

  [Symbol.dispose](): void {
    this.#inspector[Symbol.dispose]();
  }
}
