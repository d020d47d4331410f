import assert from 'node:assert/strict';
import { ExpiringMap } from '../../../../server/src/runtime/collections/expiring-map.ts';
import type { Log } from '../../../../server/src/runtime/log.ts';
import { Counters } from '../../../../server/src/runtime/metrics/counters.ts';
import { StaleReplicas, type StaleReplicasDeps } from '../../../../server/src/socket/sending/stale-replicas.ts';

describe('the reports of clients about their replicas', () => {
  it('write one line per organization, reason and minute, from any number of sockets', () => {
    let now = 1_000;
    const lines: unknown[] = [];
    const counters = new Counters();
    const deps = {
      counters,
      metrics: {} as unknown as StaleReplicasDeps['metrics'],
      log: {
        warn: (fields: object) => lines.push({ warn: fields }),
        info: (fields: object) => lines.push({ info: fields }),
      } as unknown as Log,
      loggedReports: new ExpiringMap<true>(() => now),
    };
    const sockets = Array.from({ length: 20 }, () => new StaleReplicas(deps));
    const reportAll = () => {
      for (const socket of sockets) {
        socket.recordSubscribe('7', { because: 'checksum' });
        socket.recordSubscribe('7', { because: 'gap' });
      }
    };
    reportAll();
    const once = [{ warn: { orgId: '7' } }, { info: { orgId: '7', because: 'gap' } }];
    assert.deepEqual(lines, once);
    assert.equal(counters.byReason('resubscribes').get('checksum'), sockets.length);
    sockets[0]!.recordSubscribe('8', { because: 'checksum' });
    assert.deepEqual(lines.splice(0), [...once, { warn: { orgId: '8' } }]);
    now += 60_000;
    reportAll();
    assert.deepEqual(lines, once);
  });
});
