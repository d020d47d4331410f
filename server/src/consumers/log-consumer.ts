import type { Scope } from '@rollcall/protocol';
import type { Tx } from '../database/database.ts';
import type { OutletEvent } from '../domain/outlet-events.ts';

/**
 * The port that each recipient of the log implements: webhooks and integrations. A consumer gets
 * each event that its scopes show, in order, at least once. Its checkpoint in `log_consumers` is
 * durable and is the next event, as (revision, index). The runner claims a consumer for one
 * instance at a time, and retries, disables and skips. A consumer only delivers.
 */
export interface LogConsumer {
  /** The kind of record that a consumer belongs to. Its name is `<kind>:<record id>`. */
  readonly kind: string;
  /**
   * Reads the active records of an organization, by id. The checkpoint of a record that is gone or
   * disabled stays where it is.
   */
  open(orgId: string): Promise<ReadonlyMap<string, OpenConsumer>>;
  /**
   * Runs the command that disables the record and mails the owners. Does nothing if the record is
   * gone or disabled.
   * @param holdsClaim False if the record was changed since in a way that may end the failure, for
   * example connected again. Checked in the transaction of the command, which then changes nothing.
   */
  disable(ref: ConsumerRef, reason: DisableReason, holdsClaim: HoldsClaim): Promise<void>;
}

export type HoldsClaim = (tx: Tx) => Promise<boolean>;

export interface ConsumerRef {
  readonly orgId: string;
  readonly recordId: string;
}

/** `history-pruned`: events that the consumer still needed were removed from the log. */
export const disableReasons = ['failed-too-long', 'gone', 'history-pruned', 'unauthorized'] as const;
export type DisableReason = (typeof disableReasons)[number];

export interface OpenConsumer {
  /**
   * The scopes of the consumer. It gets what a member with these scopes sees in the organization as
   * it is now.
   */
  readonly scopes: readonly Scope[];
  /** Whether one delivery holds all events of a revision. Otherwise each event is one delivery. */
  readonly isPerRevision: boolean;
  wants(type: string): boolean;
  /** @param signal aborted when the instance stops or loses the claim */
  deliver(events: readonly OutletEvent[], attempt: number, signal: AbortSignal): Promise<DeliveryResult>;
}

export interface DeliveryResult {
  /**
   * `delivered`: continue. `failed`: try again later. `refused`: the receiver will never take this
   * event, so it is logged and skipped. `gone` and `unauthorized`: disable the consumer.
   */
  readonly outcome: 'delivered' | 'failed' | 'refused' | 'gone' | 'unauthorized';
  /** The HTTP status, or null without a response. */
  readonly status: number | null;
  /** A short reason for people, without secrets and addresses. Null if delivered. */
  readonly error: string | null;
  /** The beginning of the response, at most 1 KiB. */
  readonly response: string | null;
  readonly ms: number;
  /** The receiver's `Retry-After`, or the least wait that the outcome needs. */
  readonly retryAfterSeconds?: number;
}

/** The result of a delivery for which nothing had to be sent. */
export const nothingSent: DeliveryResult = { outcome: 'delivered', status: null, error: null, response: null, ms: 0 };
