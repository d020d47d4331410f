import { WebSocket } from 'ws';

/** The inspector of a process that runs with `--inspect`. */
export class Inspector implements Disposable {
  readonly #socket: WebSocket;
  #lastId = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  /** @param url as the process prints it */
  static open(url: string): Promise<Inspector> {
    const socket = new WebSocket(url);
    return new Promise((resolve, reject) => {
      socket.once('error', reject).once('open', () => resolve(new Inspector(socket)));
    });
  }

  /** Collects all garbage. The process does nothing else in that time. */
  async collectGarbage(): Promise<void> {
    await this.#call('HeapProfiler.collectGarbage');
  }

  /** Resolves to the number that the expression has in the process. 0 if the process has ended. */
  async evaluate(expression: string): Promise<number> {
    const evaluated = await this.#call('Runtime.evaluate', { expression, returnByValue: true });
    return evaluated?.result.value ?? 0;
  }

  [Symbol.dispose](): void {
    this.#socket.terminate();
  }

  /** Null if the process has ended. */
  #call(method: string, params: object = {}): Promise<Evaluated | null> {
    const socket = this.#socket;
    if (socket.readyState !== WebSocket.OPEN) return Promise.resolve(null);
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      const ended = () => resolve(null);
      const take = (data: Buffer) => {
        const message = JSON.parse(String(data)) as { readonly id?: number; readonly result: Evaluated };
        if (message.id !== id) return;
        socket.off('message', take).off('close', ended);
        resolve(message.result);
      };
      socket.on('message', take).once('close', ended);
      socket.send(JSON.stringify({ id, method, params }));
    });
  }
}

/** The result of `Runtime.evaluate`. */
interface Evaluated {
  readonly result: { readonly value: number };
}
