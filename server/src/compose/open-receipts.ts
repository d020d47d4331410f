import type { Database } from '../database/database.ts';
import { serverStreamId } from '../domain/server-stream.ts';
import type { ReadPath } from '../read-path/read-path.ts';
import type { ServerStream } from '../read-path/server-stream.ts';
import { type InstanceRegistry, type LiveInstance, onlyInstance, openInstanceRegistry } from '../receipts/instance-registry.ts';
import { Receipts, type ReceiptsDeps } from '../receipts/receipts.ts';
import { systemClock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { KeyRing } from '../runtime/secrets/key-ring.ts';

export async function openRegistry({ kind, reads }: Database, log: Log, self: LiveInstance, keys: KeyRing): Promise<InstanceRegistry> {
  return kind === 'pglite' ? onlyInstance(self) : openInstanceRegistry({ reads, clock: systemClock, log, self, keys });
}

export interface ReceiptParts extends Omit<ReceiptsDeps, 'clock' | 'readEnded'> {
  readonly readPath: ReadPath;
  readonly stream: ServerStream;
}

export function openReceipts({ readPath, stream, ...deps }: ReceiptParts): Promise<Receipts> {
  return Receipts.open({
    ...deps,
    clock: systemClock,
    readEnded: (range) => (range.orgId === serverStreamId ? stream.readEnded(range) : readPath.readEnded(range)),
  });
}
