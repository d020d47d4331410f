const waiting = new Set<() => Promise<boolean>>();

export interface Delayed {
  /** Returns false if it was already sent. */
  cancel(): boolean;
  /** Sends it without further delay. */
  sendNow(): void;
}

/**
 * Calls `send` after `ms`, or immediately when the page is closed: closing a tab must not undo a
 * change that it showed as done. `send` resolves to whether the server has executed it.
 */
export function delaySending(ms: number, send: () => Promise<boolean>): Delayed {
  const sendWaiting = async () => {
    clearTimeout(timer);
    return !waiting.delete(sendWaiting) || send();
  };
  const sendNow = () => void sendWaiting();
  const timer = setTimeout(sendNow, ms);
  waiting.add(sendWaiting);
  return {
    sendNow,
    cancel() {
      clearTimeout(timer);
      return waiting.delete(sendWaiting);
    },
  };
}

/** Sends all without further delay. Resolves to whether the server has executed all. */
export async function sendDelayed(): Promise<boolean> {
  const executed = await Promise.all([...waiting].map((send) => send()));
  return executed.every(Boolean);
}

addEventListener('pagehide', () => void sendDelayed());
