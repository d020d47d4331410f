import type { LogEntry, OrganizationRecord, OrgState, PagedKind } from '@rollcall/protocol';
import type { Head } from '../database/records/read-log.ts';
import type { KindedRecord } from '../database/records/records-read.ts';
import type { Places } from '../domain/places.ts';

/** Where a feed begins: all of one instant. */
export interface Start {
  readonly head: Head;
  /** Null when it is gone and only its log is left. */
  readonly organization: OrganizationRecord | null;
  /** Of all records, as they are counted for a copy's parts. */
  readonly places: Places;
}

/** Some entries, in order, and the head of the same instant. */
export interface LogPage {
  readonly head: Head;
  readonly entries: readonly LogEntry[];
}

/** Some records of one instant, and the head of then. */
export interface RecordsAt {
  readonly head: Head;
  readonly records: readonly KindedRecord[];
}

export interface RecordsPage extends RecordsAt {
  /** Where the next page begins: after this id. Null when this was the last. */
  readonly after: string | null;
}

/**
 * All that feeds and subscriptions read of the database. Each read sees one instant, at or after its call; it rejects
 * while the database is away.
 */
export interface LogReader {
  /** Of many organizations in one query. One that does not exist is absent. */
  readHeads(orgIds: readonly string[]): Promise<readonly Head[]>;
  /** Null when the organization does not exist. */
  readStart(orgId: string): Promise<Start | null>;
  /** The records of a kind, in the order of their ids, as many as are worked on at once. Null when the organization does not exist. */
  readRecords(orgId: string, kind: PagedKind, after: string | null): Promise<RecordsPage | null>;
  /** The members that these users are. Null when the organization does not exist. */
  readMembersOfUsers(orgId: string, userIds: readonly string[]): Promise<RecordsAt | null>;
  /** The entries after `fromRevision`, up to and with `toRevision`. Null when the organization does not exist. */
  readPage(orgId: string, fromRevision: number, toRevision: number): Promise<LogPage | null>;
  /** Of these organization tokens, those that are there. */
  findOrgTokens(tokenIds: readonly string[]): Promise<readonly string[]>;
  /** What it takes to judge one caller: the organization, and their own member with teams. Null when it does not exist. */
  readCallerState(orgId: string, userId: string | null): Promise<OrgState | null>;
  /** Ids by what organizations were called, slug or id. What does not exist is absent. */
  findOrganizationIds(names: readonly string[]): Promise<ReadonlyMap<string, string>>;
}
