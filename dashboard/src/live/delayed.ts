const waiting = new Set<() => void>();

export interface Delayed {
  /** Returns false if it was already sent. */
  cancel(): boolean;
  /** Sends it without further delay. */
  sendNow(): void;
}

/**
 * Calls `send` after `ms`, or immediately when the page is closed: closing a tab must not undo a
 * change that it showed as done.
 */
export function delaySending(ms: number, send: () => void): Delayed {
  const sendNow = () => {
    clearTimeout(timer);
    if (waiting.delete(sendNow)) send();
  };
  const timer = setTimeout(sendNow, ms);
  waiting.add(sendNow);
  return {
    sendNow,
    cancel() {
      clearTimeout(timer);
      return waiting.delete(sendNow);
    },
  };
}

addEventListener('pagehide', () => {
  for (const sendNow of [...waiting]) sendNow();
});
