import { WebSocket } from 'ws';

/**
 * The live memory of a server process, read through its inspector. Resident memory also contains
 * garbage: V8 collects what has survived for a while only when its heap has grown to a multiple of
 * the live memory.
 */
export class LiveMemory implements Disposable {
  readonly #inspector: WebSocket;
  #lastId = 0;

  private constructor(inspector: WebSocket) {
    this.#inspector = inspector;
  }

  /** @param url as printed by a process with `--inspect` */
  static open(url: string): Promise<LiveMemory> {
    const inspector = new WebSocket(url);
    return new Promise((resolve, reject) => {
      inspector.once('error', reject).once('open', () => resolve(new LiveMemory(inspector)));
    });
  }

  /**
   * Bytes of objects and buffers that are in use. The process collects its garbage first, and does
   * nothing else in that time. 0 if the process has ended.
   */
  async read(): Promise<number> {
    await this.#call('HeapProfiler.collectGarbage');
    const expression = '(({ heapUsed, external }) => heapUsed + external)(process.memoryUsage())';
    const evaluated = await this.#call('Runtime.evaluate', { expression, returnByValue: true });
    return evaluated?.result.value ?? 0;
  }

  [Symbol.dispose](): void {
    this.#inspector.terminate();
  }

  /** Null if the process has ended. */
  #call(method: string, params: object = {}): Promise<Evaluated | null> {
    const inspector = this.#inspector;
    if (inspector.readyState !== WebSocket.OPEN) return Promise.resolve(null);
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      const ended = () => resolve(null);
      const take = (data: Buffer) => {
        const message = JSON.parse(String(data)) as { readonly id?: number; readonly result: Evaluated };
        if (message.id !== id) return;
        inspector.off('message', take).off('close', ended);
        resolve(message.result);
      };
      inspector.on('message', take).once('close', ended);
      inspector.send(JSON.stringify({ id, method, params }));
    });
  }
}

/** The result of `Runtime.evaluate`. */
interface Evaluated {
  readonly result: { readonly value: number };
}
