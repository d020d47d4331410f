/** Places at which fault tests have a process end as a crash would end it: at once, with nothing tidied up. Off unless the configuration arms one. */

export const failpointNames = [
  /** A command is committed; nobody has been told. */
  'after-commit',
  /** A revision is about to be told to the other feeds. */
  'before-publish',
  /** A subscriber was judged and is about to be registered. */
  'after-access-read',
  /** A subscription's copy is whole, and it is about to be sent steps. */
  'before-live',
  /** A mail is with the mail server, and still in the queue. */
  'after-mail-sent',
  /** An organization is on its way out: marked, gone, or some of what was its is. */
  'during-removal',
] as const;
export type FailpointName = (typeof failpointNames)[number];

export interface ArmedFailpoint {
  readonly name: FailpointName;
  /** The process ends when it gets there for this time, from 1. */
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
