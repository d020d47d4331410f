import { systemClock } from '../../runtime/clock.ts';

/** Bytes of a body that are read without a pause, which takes up to 6 ms. */
export const bytesPerStep = 512 * 1024;

/** The steps of long bodies that wait, the oldest first. */
const waiting: (() => void)[] = [];

/**
 * Resolves in a turn of the event loop without another step of a long body. Many long bodies at a
 * time then delay other requests no more than one does.
 * @throws the reason of the signal, if the body is not needed any more
 */
export async function awaitStep(signal?: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) systemClock.afterTurn(runOldest);
  });
  signal?.throwIfAborted();
}

function runOldest(): void {
  waiting.shift()!();
  if (waiting.length > 0) systemClock.afterTurn(runOldest);
}
