import type { Postgres } from '../../../test/support/postgres.ts';
import type { Greeting } from '../subscribers/greeting.ts';
import type { Instance } from './instance.ts';
import type { ProvisionedDatabase } from './provision.ts';

export type ContestantName = 'rollcall' | 'bare-ws' | 'bare-socket-io' | 'hand-made';

/** One PostgreSQL and one Redis for all; each contestant has a database of its own. */
export interface Services {
  readonly postgres: Postgres;
  readonly redisUrl: string;
  /** What Rollcall starts from. */
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
  /** The names as the database has them, or null where there is no database. */
  readonly readNames: (() => Promise<readonly string[]>) | null;
  /** What a reader of the numbers must know. */
  readonly notes: readonly string[];
}
