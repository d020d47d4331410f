import { OrgError } from '@rollcall/protocol';
import { forbidden } from '../../domain/authorize.ts';
import { ownerKeyOf } from '../../identity/caller.ts';
import { authorizeReader } from '../../read-path/queries/authorized-reader.ts';
import type { EventReader, ReaderOptions } from '../../read-path/subscriptions/event-reader.ts';
import { viewerFrom } from '../../read-path/subscriptions/viewer-from.ts';
import type { ApiRequest } from '../route.ts';
import type { Services } from '../services.ts';
import type { ChangesQuery } from './changes-query.ts';
import { EventConnection } from './event-connection.ts';
import type { ReaderSlots } from './reader-slots.ts';

export interface OpenedReader {
  readonly connection: EventConnection;
  readonly reader: EventReader;
  /** Releases the slot of the reader. May be called twice. */
  readonly release: () => void;
  /**
   * Runs a read of the log as one of the caller's reads in progress.
   * @throws OrgError `rate-limited`
   */
  readonly inSlot: <T>(read: () => Promise<T>) => Promise<T>;
}

/**
 * Subscribes the caller. The access is evaluated by the REST rules first, for their refusals, and
 * then by the channel. It is read as one of the caller's reads in progress: a refused request costs
 * as much as another until then. The route itself must not be one of these reads.
 * @param slots the limits of such readers; null if they have none
 * @throws OrgError
 */
export async function openReader(
  request: ApiRequest,
  services: Services,
  query: ChangesQuery,
  slots: ReaderSlots | null,
): Promise<OpenedReader> {
  const { caller, org } = request;
  const closed = request.whenClosed();
  const authorize = () =>
    services.callerLimits.reads.runRequest(
      caller,
      () => authorizeReader(services.db, org.id, caller.actor),
      () => closed.aborted,
    );
  await authorize();
  const release = slots?.take(caller, org.id) ?? (() => {});
  const { events } = services;
  const connection = new EventConnection(caller, events.connections);
  whenGone(request, () => connection.close());
  try {
    // The connection is registered already, so that no end of the credential is missed.
    if (events.hasEndedSince(request.serverRevision, caller)) throw new OrgError('unauthenticated', 'Invalid token');
    const viewer = viewerFrom(caller.actor, query.collections);
    const call = { org: org.id, cursor: null, viewer, owner: ownerKeyOf(caller), sink: connection, isWanted: () => !connection.isOver };
    const reader = await events.readPath.read(call, readerOptions(request, query));
    if (reader) connection.begin(reader);
    const inSlot: OpenedReader['inSlot'] = (read) => services.callerLimits.reads.run(caller, read);
    if (reader?.isOpen) return { connection, reader, release, inSlot };
    await authorize();
    throw forbidden();
  } catch (error) {
    release();
    connection.close();
    throw error;
  }
}

/** Runs once the client's connection is closed. */
export function whenGone(request: Pick<ApiRequest, 'whenClosed'>, run: () => void): void {
  const signal = request.whenClosed();
  if (signal.aborted) run();
  else signal.addEventListener('abort', run);
}

function readerOptions({ org, query: given }: ApiRequest, { after, wants }: ChangesQuery): ReaderOptions {
  const collections = given.getAll('collections').map((value) => `collections=${encodeURIComponent(value)}`);
  const search = collections.length > 0 ? `?${collections.join('&')}` : '';
  return { after, wants, snapshotPath: `/api/0/organizations/${org.slug}/changes/snapshot/${search}` };
}
