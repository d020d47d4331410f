import type { OrgState } from '@rollcall/protocol';
import { MissingOrganizationError } from '../database/installation/faults.ts';
import { serverStreamId } from '../domain/server-stream.ts';
import type { LogReader } from './feed/log-reader.ts';

/**
 * Whether an organization was lost by a restore that has ended. The removal of an organization is
 * committed together with its record, so the record is looked up after the organization was not
 * found.
 * @param state of the organization as it was found, or null
 * @param streamEpoch the epoch of organization 0 when the organization was last read
 * @throws MissingOrganizationError if it is missing for another reason. It may come back
 */
export async function isLostByRestore(reader: LogReader, orgId: string, state: OrgState | null, streamEpoch: string): Promise<boolean> {
  if (state?.organization || orgId === serverStreamId) return false;
  const { isPresent, isRemoved, streamEpoch: epochNow } = await reader.readAbsence(orgId);
  if (isRemoved && !isPresent) return false;
  // If it is there now, the next sweep reads it.
  if (isPresent || epochNow === streamEpoch) throw new MissingOrganizationError(orgId);
  return true;
}
