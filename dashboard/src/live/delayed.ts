/** What waits to be sent. */
const waiting = new Set<() => void>();

export interface Delayed {
  /** False when it was sent already. */
  cancel(): boolean;
}

/** Sends after `ms`, or at once when the page goes away: closing a tab must not undo what it showed as done. */
export function delaySending(ms: number, send: () => void): Delayed {
  const sendNow = () => {
    clearTimeout(timer);
    if (waiting.delete(sendNow)) send();
  };
  const timer = setTimeout(sendNow, ms);
  waiting.add(sendNow);
  return {
    cancel() {
      clearTimeout(timer);
      return waiting.delete(sendNow);
    },
  };
}

addEventListener('pagehide', () => {
  for (const sendNow of [...waiting]) sendNow();
});
