import type { Router } from 'express';
import type { RawBuilder } from 'kysely';
import type { Config } from '../config.ts';
import type { LogConsumer } from '../consumers/log-consumer.ts';
import type { DuePolls } from '../database/due-polls.ts';
import type { OperatorPlace, OperatorRoute } from '../http/operator/operator-route.ts';
import type { Route, RoutePlace } from '../http/route.ts';
import type { Services } from '../http/services.ts';
import type { JobHandler } from '../jobs/job.ts';
import type { Outbound } from '../outbound/outbound.ts';
import type { ReadTxtRecords } from '../outbound/txt-records.ts';
import type { Metrics } from '../runtime/metrics/metrics.ts';
import type { Parts } from '../runtime/parts.ts';
import type { Sweep } from '../runtime/tasks/sweep.ts';
import type { Reaction } from '../write-path/reaction.ts';
import type { WritePath } from '../write-path/run-command.ts';

/** The parts of a starting server that a feature may use. */
export interface FeatureCore {
  readonly config: Config;
  /** The base URL of this server, absolute, without a trailing slash. */
  readonly publicUrl: string;
  readonly writePath: WritePath;
  readonly duePolls: DuePolls;
  readonly outbound: Outbound;
  readonly readTxtRecords: ReadTxtRecords;
  /** Starts parts that stop with the server. */
  readonly parts: Pick<Parts, 'start'>;
  /** See `RollcallOptions`. */
  readonly integrationsPollMs: number | undefined;
  /** The consumers of all features. They are known when the features start. */
  consumers(): readonly LogConsumer[];
}

/** A feature in a running server. */
export interface OpenedFeature<AllServices extends Services = Services> {
  /** The services that its endpoints and pages use besides those of the core. */
  readonly services: Omit<AllServices, keyof Services>;
  /** They get every event of the organizations that have an outlet of their kind. */
  readonly consumers?: readonly LogConsumer[];
  /** The executors of its jobs, one for each kind. */
  readonly jobs?: readonly JobHandler<unknown, unknown>[];
  /** Its clean-ups: periodic ones, and those that begin when a poll finds work. */
  readonly sweeps?: readonly Sweep<number | RawBuilder<boolean>>[];
  /** Starts its other work in the background. */
  start?(): Promise<void>;
  /** Registers metrics that are read at each scrape. */
  exposeGauges?(metrics: Metrics): void;
  /**
   * The origin to which the login of an organization leads, if people log in to it at another
   * server. The policy of a page must allow it.
   */
  loginOriginOf?(orgId: string): Promise<string | null>;
}

/**
 * An optional part of the server, which is one folder. It imports the core and no other feature.
 * The core knows it only by this value, through the list in `index.ts`.
 */
export interface Feature<AllServices extends Services = Services> {
  readonly name: string;
  /** Endpoints, by their place among those of the core. */
  readonly routes?: Readonly<Partial<Record<RoutePlace, readonly Route<AllServices>[]>>>;
  /** Endpoints for the operator, by their place among those of the core. */
  readonly operatorRoutes?: Readonly<Partial<Record<OperatorPlace, readonly OperatorRoute<AllServices>[]>>>;
  /** Pages that browsers open, and paths that other servers call. */
  pages?(services: AllServices): Router;
  /** Rules for every command, in the order in which their changes are appended. */
  readonly reactions?: readonly Reaction[];
  open(core: FeatureCore): OpenedFeature<AllServices> | Promise<OpenedFeature<AllServices>>;
}

/**
 * A feature as the core sees it. Endpoints and pages are called with the services of all features,
 * so each finds its own ones among them.
 */
export function feature<AllServices extends Services>(own: Feature<AllServices>): Feature {
  return own as unknown as Feature;
}
