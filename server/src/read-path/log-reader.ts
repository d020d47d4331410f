import type { LogEntry, OrgState } from '@rollcall/protocol';
import type { Head } from '../database/read-log.ts';

/** Head and records of one instant. */
export interface Start {
  readonly head: Head;
  readonly state: OrgState;
}

/** Some entries, in order, and the head of the same instant. */
export interface LogPage {
  readonly head: Head;
  readonly entries: readonly LogEntry[];
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
  /** The entries after `fromRevision`, up to and with `toRevision`. Null when the organization does not exist. */
  readPage(orgId: string, fromRevision: number, toRevision: number): Promise<LogPage | null>;
  /** What it takes to judge one caller: the organization, and their own member with teams. Null when it does not exist. */
  readCallerState(orgId: string, userId: string | null): Promise<OrgState | null>;
  /** Ids by what organizations were called, slug or id. What does not exist is absent. */
  findOrganizationIds(names: readonly string[]): Promise<ReadonlyMap<string, string>>;
}
