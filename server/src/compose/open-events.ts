import type { EventServices } from '../http/changes/event-connection.ts';
import { ReaderSlots, snapshotLimits, streamLimits, waitLimits } from '../http/changes/reader-slots.ts';
import type { ReadPath } from '../read-path/read-path.ts';
import type { ServerStream } from '../read-path/server-stream.ts';
import { type Connections, endsRequests } from '../socket/connections.ts';

/** Connects the changes API with the read path and the ends of credentials. */
export function openEvents(readPath: ReadPath, stream: ServerStream, connections: Connections): EventServices {
  return {
    readPath,
    connections,
    streams: new ReaderSlots(streamLimits),
    waits: new ReaderSlots(waitLimits),
    snapshots: new ReaderSlots(snapshotLimits),
    serverRevision: () => stream.revision,
    hasEndedSince: (revision, authentication) =>
      stream.revokedSince(revision)?.some((revocation) => endsRequests(revocation, authentication)) ?? true,
  };
}
