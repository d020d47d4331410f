import type { Response } from 'express';
import { exportPieces } from '../../archive/export-pieces.ts';
import type { StoredExport } from '../../read-path/queries/organizations/exports.ts';
import type { Log } from '../../runtime/log.ts';
import { whenDrained } from '../changes/write-paced.ts';
import type { Reply, ResolvedOrg } from '../route.ts';
import type { Services } from '../services.ts';
import { uncached } from './uncached.ts';

/** Sends the file of a complete export, one piece at a time, at the pace of its client. */
export function exportReply({ db, writePath: { log } }: Services, org: ResolvedOrg, { id, bytes, revision }: StoredExport): Reply {
  return {
    status: 200,
    headers: {
      ...uncached,
      'Content-Type': 'application/gzip',
      'Content-Length': String(bytes),
      'Content-Disposition': `attachment; filename="${org.slug}-${revision}.jsonl.gz"`,
    },
    stream: (response) => void sendPieces(db, log, id, response),
  };
}

/** Never rejects. A file that can't be read to its end is cut off, so that its length is wrong. */
async function sendPieces(db: Services['db'], log: Log, id: string, response: Response): Promise<void> {
  try {
    for await (const piece of exportPieces(db, id)) {
      if (response.closed) return;
      response.write(piece);
      await whenDrained(response);
    }
    response.end();
  } catch (error) {
    log.warn({ exportId: id, error: String(error) }, 'cut off the file of an export that could not be read');
    response.destroy();
  }
}
