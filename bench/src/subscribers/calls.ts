import type { ChildProcess } from 'node:child_process';

/** Calls from the measuring process to the processes with its subscribers. */

/** Each has at most one argument. Argument and result must be structured-cloneable. */
// biome-ignore lint/suspicious/noExplicitAny: any signature of one argument.
export type Methods = Readonly<Record<string, (argument: any) => Promise<unknown>>>;

interface Request {
  readonly id: number;
  readonly method: string;
  readonly argument: unknown;
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

interface Waiter {
  resolve(result: never): void;
  reject(error: Error): void;
}

/** The calling side, for one process. */
export class Calls<M extends Methods> {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiter>();
  #count = 0;

  constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', ({ id, result, error }: Answer) => {
      const waiter = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiter?.resolve(result as never);
      else waiter?.reject(new Error(error));
    });
    child.on('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('a process of subscribers exited before it returned a result'));
    });
  }

  call<Name extends keyof M & string>(method: Name, argument?: Parameters<M[Name]>[0]): Promise<Awaited<ReturnType<M[Name]>>> {
    const id = ++this.#count;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ id, method, argument } satisfies Request, (error) => error && reject(error));
    });
  }
}

/** The called side, which serves calls until the caller exits. */
export function answerCalls(methods: Methods): void {
  process.on('message', ({ id, method, argument }: Request) => {
    methods[method]!(argument).then(
      (result) => process.send!({ id, result } satisfies Answer),
      (error: unknown) => process.send!({ id, error: String(error) } satisfies Answer),
    );
  });
  process.on('disconnect', () => process.exit());
}
