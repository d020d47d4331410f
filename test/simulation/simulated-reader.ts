import { OrgState, type PagedKind } from '@rollcall/protocol';
import type { CommittedEntry } from '../../server/src/database/records/read-log.ts';
import type { KindedRecord } from '../../server/src/database/records/records-read.ts';
import { countSlots } from '../../server/src/domain/slots.ts';
import type { LogReader, RecordsPageAt } from '../../server/src/read-path/feed/log-reader.ts';
import { orgId, orgSlug } from './people.ts';
import type { Place, Scheduler } from './scheduler.ts';
import type { SimulatedLog } from './simulated-log.ts';

/** The longest duration of a read while its process runs. */
export const readMsMax = 60;
/** Most reads are far quicker. */
const quickReadMs = 6;

/** Reads the log for one process, at one instant between the call and its result. */
export function readerOf(place: Place, log: SimulatedLog, scheduler: Scheduler): LogReader {
  const read = <T>(query: () => T): Promise<T> =>
    new Promise((resolve, reject) => {
      const msMax = (scheduler.random.chance(0.9) ? quickReadMs : readMsMax) / 2;
      scheduler.after(place, scheduler.between(0.1, msMax), () => {
        const answer = log.reachedSince(place) === null ? null : { value: query() };
        scheduler.after(place, scheduler.between(0.1, msMax), () => {
          if (answer) resolve(answer.value);
          else reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }));
        });
      });
    });
  const isOurs = (name: string) => name === orgId || name === orgSlug;
  return {
    readHeads: (orgIds) => read(() => (orgIds.includes(orgId) ? [log.headNow] : [])),
    readChangedHeads: (since, orgIds) =>
      read(() => {
        const { server, snapshot, snapshotOnStandby } = log.transactions;
        const hasChanged = log.transactions.isNewSince(log.head.transaction, since);
        const heads = new Map(hasChanged || orgIds.includes(orgId) ? [[orgId, log.headNow]] : []);
        if (hasChanged) log.reported();
        if (log.standbyReaders.has(place)) return { database: null, snapshot: snapshotOnStandby, heads };
        return { database: server, snapshot, heads };
      }),
    readStart: (id) =>
      read(() => {
        if (!isOurs(id)) return null;
        const { state } = log.head;
        // Records that arrive in pages are the harder case.
        const isWhole = scheduler.random.chance(0.2);
        const records = isWhole ? ([...state.all()] as KindedRecord[]) : accessRecordsOf(state);
        return { head: log.headNow, streamEpoch: '', records, isWhole, slots: countSlots(state) };
      }),
    readAbsence: (id) => read(() => ({ isPresent: isOurs(id), isRemoved: false, streamEpoch: '' })),
    readRecords: (id, kind, after) => read(() => (isOurs(id) ? { head: log.headNow, ...pageOf(log.head.state, kind, after) } : null)),
    readMembersOfUsers: (id, userIds) =>
      read(() => (isOurs(id) ? { head: log.headNow, records: membersOf(log.head.state, userIds) } : null)),
    readPage: (id, from, to) => read(() => (isOurs(id) ? { head: log.headNow, entries: committedEntries(log, from, to) } : null)),
    findOrgTokens: (keys) => read(() => keys),
    readCallerState: (id, userId) => read(() => (isOurs(id) ? callerStateOf(log.head.state, userId) : null)),
    findOrganizationIds: (names) => read(() => new Map(names.flatMap((name) => (isOurs(name) ? [[name, orgId] as const] : [])))),
  };
}

/** No replica depends on the commit time. */
function committedEntries(log: SimulatedLog, from: number, to: number): CommittedEntry[] {
  return log.entries(from, to).map((entry) => ({ ...entry, committedAt: '' }));
}

/** The size of a page, far smaller than in production, so that there are several. */
const pageRecordsMax = 2;

function pageOf(state: OrgState, kind: PagedKind, after: string | null): Omit<RecordsPageAt, 'head'> {
  const ids = [...state.recordsOf(kind).keys()].sort().filter((id) => after === null || id > after);
  const page = ids.slice(0, pageRecordsMax);
  return {
    records: page.map((id) => ({ kind, record: state.get(kind, id)! })),
    after: page.length < pageRecordsMax ? null : page.at(-1)!,
  };
}

function membersOf(state: OrgState, userIds: readonly string[]): KindedRecord[] {
  return userIds.flatMap((userId) => {
    const record = state.memberOfUser(userId);
    return record ? [{ kind: 'member', record }] : [];
  });
}

function accessRecordsOf(state: OrgState): KindedRecord[] {
  const kinds = ['organization', 'auth-provider', 'ip-allow-list'] as const;
  return kinds.flatMap((kind) => [...state.recordsOf(kind).values()].map((record) => ({ kind, record })));
}

function callerStateOf(all: OrgState, userId: string | null): OrgState {
  const state = OrgState.from(accessRecordsOf(all));
  const member = userId === null ? null : all.memberOfUser(userId);
  if (!member) return state;
  state.put('member', member);
  for (const teamId of all.teamIdsOfMember(member.id)) state.put('team-member', all.teamMember(teamId, member.id)!);
  return state;
}
