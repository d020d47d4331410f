/**
 * The subscriptions that may be requested at the same time: as many as a user's connection may have
 * (see docs/protocol.md), so only services wait.
 */
const runningMax = 100;

/** Limits the requests in progress. Further ones wait in the order of their calls. */
export class RequestWindow {
  #running = 0;
  #isStarting = false;
  readonly #waiting: ((done: () => void) => void)[] = [];

  /** `send` calls its argument once, when its request has ended. */
  run(send: (done: () => void) => void): void {
    this.#waiting.push(send);
    this.#next();
  }

  #next(): void {
    // A request that ended at once is followed by the loop below, since thousands of nested calls
    // would overflow the stack.
    if (this.#isStarting) return;
    this.#isStarting = true;
    while (this.#running < runningMax && this.#waiting.length > 0) {
      this.#running++;
      this.#waiting.shift()!(() => {
        this.#running--;
        this.#next();
      });
    }
    this.#isStarting = false;
  }
}
