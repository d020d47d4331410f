import type { Bus } from './bus.ts';
import { NoticeListeners } from './listeners.ts';

/** The bus of a server that is one process. */
export function openMemoryBus(): Bus {
  const listeners = new NoticeListeners();
  return {
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
    async close() {},
  };
}
