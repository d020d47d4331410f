import type { Postgres } from '../../../test/support/postgres.ts';
import type { Greeting } from '../subscribers/greeting.ts';
import type { Instance } from './instance.ts';
import type { ProvisionedDatabase } from './provision.ts';

export type ContestantName = 'rollcall' | 'bare-ws' | 'bare-socket-io' | 'hand-made';

/** All contestants share one PostgreSQL and one Redis. Each has its own database. */
export interface Services {
  readonly postgres: Postgres;
  readonly redisUrl: string;
  /** The database from which Rollcall starts. */
  readonly provisioned: ProvisionedDatabase;
}

export interface Contestant {
  readonly name: ContestantName;
  readonly title: string;
  /** Starts two server processes. */
  start(services: Services): Promise<Pair>;
}

export interface WriteRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Two running instances of one contestant. */
export interface Pair {
  readonly instances: readonly [Instance, Instance];
  readonly greeting: Greeting;
  /** PUT with `{name}` changes the team's name. */
  writeRequest(team: number): WriteRequest;
  /** The names in the database, or null if the contestant has no database. */
  readonly readNames: (() => Promise<readonly string[]>) | null;
  /** Notes for the reader of the results. */
  readonly notes: readonly string[];
}
