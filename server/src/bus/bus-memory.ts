import type { Bus, EphemeralMessage, RevisionNotice } from './bus.ts';
import { Listeners } from './listeners.ts';

/** Opens the bus of a server that consists of one process. */
export function openMemoryBus(): Bus {
  const notices = new Listeners<RevisionNotice>();
  const broadcasts = new Listeners<EphemeralMessage>();
  return {
    status: 'memory',
    async publish(notice) {
      notices.deliver(notice.orgId, notice);
    },
    subscribe: async (orgId, listener) => addTo(notices, orgId, listener),
    async broadcast(topic, message) {
      broadcasts.deliver(topic, message);
    },
    onBroadcast: async (topic, listener) => addTo(broadcasts, topic, listener),
    onGap() {
      // Nothing is lost within a process.
      return { [Symbol.dispose]() {} };
    },
    async close() {},
  };
}

function addTo<Message>(listeners: Listeners<Message>, key: string, listener: (message: Message) => void): AsyncDisposable {
  listeners.add(key, listener);
  return { [Symbol.asyncDispose]: async () => listeners.remove(key, listener) };
}
