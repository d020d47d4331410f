import type { Response } from 'express';
import type { EventConnection } from '../../../http/changes/event-connection.ts';
import { whenDrained } from '../../../http/changes/write-paced.ts';
import type { Reply } from '../../../http/route.ts';
import type { Services } from '../../../http/services.ts';
import type { NamedOrganization } from '../../../identity/identity.ts';
import type { Log } from '../../../runtime/log.ts';
import { exportPieces } from '../export/export-pieces.ts';
import type { StoredExport } from '../queries/exports.ts';

/** The access of a caller during a download. */
export interface DownloadAccess {
  /** Ends with the credential. */
  readonly connection: EventConnection;
  /** Rejects if the caller may no longer download the file. Called before each piece. */
  confirm(): Promise<unknown>;
}

/**
 * Sends the file of a complete export, one piece at a time, at the pace of its client.
 * @param access null for the operator, whose access doesn't end
 */
export function exportReply(
  { db, writePath: { log } }: Services,
  org: NamedOrganization,
  file: StoredExport,
  access: DownloadAccess | null,
): Reply {
  const { bytes, revision } = file;
  return {
    status: 200,
    headers: {
      'Content-Type': 'application/gzip',
      'Content-Length': String(bytes),
      'Content-Disposition': `attachment; filename="${org.slug}-${revision}.jsonl.gz"`,
    },
    stream: (response) => {
      access?.connection.onEnd(() => response.writableEnded || response.destroy());
      void sendPieces(db, log, org.id, file, response, access).finally(() => access?.connection.close());
    },
  };
}

/** Never rejects. A file that can't be read to its end is cut off, so that its length is wrong. */
async function sendPieces(
  db: Services['db'],
  log: Log,
  orgId: string,
  { id, bytes }: StoredExport,
  response: Response,
  access: DownloadAccess | null,
): Promise<void> {
  try {
    for await (const piece of exportPieces(db, orgId, id, bytes!)) {
      await access?.confirm();
      if (response.closed) return;
      response.write(piece);
      await whenDrained(response);
    }
    response.end();
  } catch (error) {
    log.warn(
      { exportId: id, error: String(error) },
      'cut off the download of an export, because its file could not be read or the access ended',
    );
    response.destroy();
  }
}
