import type { Bus } from './bus.ts';
import { NoticeListeners } from './listeners.ts';

/** The bus of a server that is one process. */
export function openMemoryBus(): Bus {
  const listeners = new NoticeListeners();
  return {
    status: 'memory',
    async publish(notice) {
      listeners.deliver(notice);
    },
    async subscribe(orgId, listener) {
      listeners.add(orgId, listener);
      return {
        async [Symbol.asyncDispose]() {
          listeners.remove(orgId, listener);
        },
      };
    },
    onDoubt() {
      // Nothing is lost within a process.
      return { [Symbol.dispose]() {} };
    },
    async close() {},
  };
}
