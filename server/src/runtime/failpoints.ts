/**
 * Points at which a fault test ends the process as a crash would: at once and without cleanup. They
 * are off unless the configuration arms one.
 */

export const failpointNames = [
  /** A command is committed, and nothing about it has been published. */
  'after-commit',
  /** A revision is about to be published to the other feeds. */
  'before-publish',
  /** A subscriber's access was evaluated, and the subscriber is about to be registered. */
  'after-access-read',
  /** The snapshot of a subscription is complete, and the subscription is about to receive steps. */
  'before-live',
  /** The mail server has accepted a mail that is still in the queue. */
  'after-mail-sent',
  /** A webhook or an integration is about to get an event. */
  'before-outlet-delivery',
  /** A webhook or an integration got an event, and the checkpoint is still before it. */
  'after-outlet-delivery',
  /** A directory was read, and a followed team is about to change. */
  'before-directory-sync',
  /** The followed teams have changed, and the reading is not stored yet. */
  'after-directory-sync',
  /**
   * An organization is being removed: it is marked, its record is removed, or some of its rows are.
   */
  'during-removal',
  /** An organization's state is redacted, and the erasure of the user is not complete. */
  'after-erasure-of-organization',
  /** The floor of a log is raised, and the entries below it are not deleted yet. */
  'after-prune',
  /** A batch of old rows is deleted. */
  'after-prune-batch',
  /** A piece of an organization's file is about to be stored. */
  'during-export',
  /** A step of a job is complete, and the next one has not begun. */
  'after-job-step',
] as const;
export type FailpointName = (typeof failpointNames)[number];

export interface ArmedFailpoint {
  readonly name: FailpointName;
  /** The visit at which the process ends; the first visit to the point is 1. */
  readonly time: number;
}

export class Failpoints {
  readonly #armed: ArmedFailpoint | null;
  #times = 0;

  constructor(armed: ArmedFailpoint | null) {
    this.#armed = armed;
  }

  reach(name: FailpointName): void {
    if (this.#armed?.name !== name) return;
    if (++this.#times === this.#armed.time) process.kill(process.pid, 'SIGKILL');
  }
}
