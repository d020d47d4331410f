import { changeCount } from '../../runtime/metrics/change-count.ts';

/**
 * The number of open sockets per caller in this process, up to a maximum. One user could otherwise
 * open sockets until the memory is used up.
 */
export class CallerSockets {
  readonly #perCallerMax: number;
  readonly #byCaller = new Map<string, number>();

  constructor(perCallerMax: number) {
    this.#perCallerMax = perCallerMax;
  }

  /**
   * Counts a socket until the returned function is called, which may be called twice. Null if the
   * caller has too many.
   * @param caller as `ownerKeyOf` returns it
   */
  take(caller: string): (() => void) | null {
    if ((this.#byCaller.get(caller) ?? 0) >= this.#perCallerMax) return null;
    changeCount(this.#byCaller, caller, 1);
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      changeCount(this.#byCaller, caller, -1);
    };
  }
}
