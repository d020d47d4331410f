import {
  type Audience,
  addToChecksum,
  type Change,
  type Checksum,
  checksumOfRecord,
  kindsOfMove,
  type LogChange,
  type OrgRecord,
  type OrgState,
  projectRecord,
  subtractFromChecksum,
} from '@rollcall/protocol';

/**
 * Converts net changes to the changes that an audience receives. The functions are pure and shared
 * by snapshots, steps and tests, so that all of them agree.
 */

/**
 * A record may stop being visible to an audience because its content changed, such as an invite
 * outside the requested collections. The audience then receives `remove`.
 */
export function visibleChanges(audience: Audience, net: readonly LogChange[]): Change[] {
  const changes: Change[] = [];
  for (const { kind, id, before, after } of net) {
    const seenAfter = after && projectRecord(audience, kind, after);
    if (seenAfter) changes.push({ op: 'put', kind, id, record: seenAfter });
    else if (before && projectRecord(audience, kind, before)) changes.push({ op: 'remove', kind, id });
  }
  return changes;
}

/**
 * CRCs by record. An organization keeps one checksum per audience, and most audiences see the same
 * record. Computing the CRC of a record with a text of 60 KB takes as long as sending it to a
 * hundred sockets.
 */
const crcs = new WeakMap<OrgRecord, number>();

function crcOf(kind: string, record: OrgRecord): number {
  const known = crcs.get(record);
  if (known !== undefined) return known;
  const crc = checksumOfRecord(kind, record);
  crcs.set(record, crc);
  return crc;
}

/** The audience's checksum after net changes (rule F3). */
export function advanceChecksum(checksum: Checksum, audience: Audience, net: readonly LogChange[]): Checksum {
  let sums = checksum;
  for (const { kind, before, after } of net) {
    const seenBefore = before && projectRecord(audience, kind, before);
    const seenAfter = after && projectRecord(audience, kind, after);
    if (seenBefore) sums = subtractFromChecksum(sums, kind, seenBefore, crcOf(kind, seenBefore));
    if (seenAfter) sums = addToChecksum(sums, kind, seenAfter, crcOf(kind, seenAfter));
  }
  return sums;
}

/**
 * The changes for a viewer who moves from one audience to another (rule A3). They contain `forget`
 * for each record that is no longer visible, and `put` for each record that became visible or looks
 * different, regardless of its age.
 * @param state the current state
 * @param net the changes from the viewer's own revision up to now
 */
export function changesOfMove(from: Audience, to: Audience, state: OrgState, net: readonly LogChange[]): Change[] {
  const changes: Change[] = [];
  const touched = new Set<string>();
  for (const { kind, id, before, after } of net) {
    touched.add(`${kind}/${id}`);
    const seenAfter = after && projectRecord(to, kind, after);
    if (seenAfter) changes.push({ op: 'put', kind, id, record: seenAfter });
    else if (before && projectRecord(from, kind, before)) changes.push({ op: after ? 'forget' : 'remove', kind, id });
  }
  for (const kind of kindsOfMove(from, to)) {
    for (const record of state.recordsOf(kind).values()) {
      if (touched.has(`${kind}/${record.id}`)) continue;
      const change = changeOfView(from, to, kind, record);
      if (change) changes.push(change);
    }
  }
  return changes;
}

/** The number of records that `changesOfMove` examines. */
export function recordsOfMove(from: Audience, to: Audience, state: OrgState): number {
  return [...kindsOfMove(from, to)].reduce((sum, kind) => sum + state.recordsOf(kind).size, 0);
}

function changeOfView(from: Audience, to: Audience, kind: string, record: OrgRecord): Change | null {
  const seenBefore = projectRecord(from, kind, record);
  const seenAfter = projectRecord(to, kind, record);
  const { id } = record;
  if (!seenAfter) return seenBefore ? { op: 'forget', kind, id } : null;
  // If neither side hides anything, both are the record itself. If both sides hide the same, they
  // are equal.
  const isSame = seenBefore !== null && (from.hidesEmails === to.hidesEmails || seenBefore === seenAfter);
  return isSame ? null : { op: 'put', kind, id, record: seenAfter };
}
