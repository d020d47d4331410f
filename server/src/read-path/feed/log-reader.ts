import type { OrgState, PagedKind } from '@rollcall/protocol';
import type { Presence } from '../../database/organizations/removals.ts';
import type { HeadsReading } from '../../database/records/read-changed-heads.ts';
import type { CommittedEntry, Head } from '../../database/records/read-log.ts';
import type { KindedRecord } from '../../database/records/records-read.ts';
import type { SlotCounts } from '../../domain/slots.ts';

/** The start of a feed, read at one instant. */
export interface FeedStart {
  readonly head: Head;
  /**
   * All records if the organization is small, otherwise those on which every viewer's access
   * depends: the organization, its identity provider and its list of addresses. Empty when the
   * organization was removed and only its log is left.
   */
  readonly records: readonly KindedRecord[];
  /** The epoch of organization 0 at the same instant. It changes when a restore has ended. */
  readonly streamEpoch: string;
  /** Whether `records` are all records. */
  readonly isWhole: boolean;
  /** The slots of all records, as counted for the parts of a snapshot. */
  readonly slots: SlotCounts;
}

/** Some entries, in order, and the head at the same instant. */
export interface LogPage {
  readonly head: Head;
  readonly entries: readonly CommittedEntry[];
}

/** The traces of an organization that a feed can't read. */
export interface Absence extends Presence {
  readonly streamEpoch: string;
}

/** Some records, and the head at the same instant. */
export interface RecordsAt {
  readonly head: Head;
  readonly records: readonly KindedRecord[];
}

export interface RecordsPageAt extends RecordsAt {
  /** The next page begins after this id. Null on the last page. */
  readonly after: string | null;
}

/**
 * All database reads of feeds and subscriptions. Each read sees one instant, at or after its call.
 * It rejects while the database is unavailable, or not trusted at that instant.
 */
export interface LogReader {
  /** The heads of many organizations, in one query. Organizations that do not exist are absent. */
  readHeads(orgIds: readonly string[]): Promise<readonly Head[]>;
  /** See `readChangedHeads`. */
  readChangedHeads(since: string | null, orgIds: readonly string[]): Promise<HeadsReading>;
  /**
   * Starts that are read at about the same time are of the same instant. Null when the organization
   * does not exist.
   */
  readStart(orgId: string): Promise<FeedStart | null>;
  /** Call it after another read has found no organization. */
  readAbsence(orgId: string): Promise<Absence>;
  /**
   * One page of the records of a kind, ordered by id. Null when the organization does not exist.
   */
  readRecords(orgId: string, kind: PagedKind, after: string | null): Promise<RecordsPageAt | null>;
  /** The members with these users. Null when the organization does not exist. */
  readMembersOfUsers(orgId: string, userIds: readonly string[]): Promise<RecordsAt | null>;
  /**
   * The entries after `fromRevision`, up to and including `toRevision`, or fewer with `changesMax`:
   * see `readEntries`. Null when the organization does not exist.
   */
  readPage(orgId: string, fromRevision: number, toRevision: number, changesMax?: number): Promise<LogPage | null>;
  /** Returns those of the organization tokens that exist. See `orgTokenKey`. */
  findOrgTokens(keys: readonly string[]): Promise<readonly string[]>;
  /**
   * The records needed to evaluate one caller's access: those on which every viewer's access
   * depends, and the caller's member with its teams. Null when the organization does not exist.
   */
  readCallerState(orgId: string, userId: string | null): Promise<OrgState | null>;
  /** Finds the ids of organizations by slug or id. Names without an organization are absent. */
  findOrganizationIds(names: readonly string[]): Promise<ReadonlyMap<string, string>>;
}
