import type { Response } from 'express';
import type { Log } from '../../runtime/log.ts';
import type { OpenedReader } from './open-reader.ts';
import { whenDrained } from './write-paced.ts';

/**
 * Writes the records of a reader's view as one JSON object, at the pace of its client. If the
 * access ends in between, the connection is cut, so that the client has no complete response.
 * Resolves when the snapshot is built too, also if its client is gone. Never rejects.
 */
export async function writeSnapshot({ connection, reader }: OpenedReader, response: Response, log: Log): Promise<void> {
  connection.onEnd(() => response.writableEnded || response.destroy());
  let built: Promise<unknown> | null = null;
  try {
    const snapshot = await reader.snapshot();
    if (!snapshot) return;
    const { revision, after, parts, checksum } = snapshot;
    built = checksum;
    let isFirst = true;
    for await (const records of parts) {
      if (connection.isOver) return;
      if (isFirst) response.write('{"records":[');
      else if (records !== '') response.write(',');
      response.write(records);
      isFirst = false;
      await whenDrained(response);
    }
    const { count, sum } = await checksum;
    if (!connection.isOver) response.end(`],${JSON.stringify({ revision, after, count, sum }).slice(1)}`);
  } catch (error) {
    log.warn({ orgId: reader.orgId, error: String(error) }, 'cut off a snapshot of records that could not be completed');
  } finally {
    connection.close();
    await built?.catch(() => {});
  }
}
