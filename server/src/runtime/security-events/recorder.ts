import type { Clock } from '../clock.ts';
import { eventLimits } from '../limits/rows/events.ts';
import type { Log } from '../log.ts';
import { floodAddressOf } from './event-network.ts';
import type { EventWriter } from './event-writer.ts';
import { FloodLimit } from './flood-limit.ts';
import type { NewSecurityEvent, SecurityEvent } from './security-event.ts';

/** A flood is counted for this time. */
const windowMs = 60_000;

/** The part of the recorder that the causes of events use. */
export type Recorder = Pick<SecurityEventRecorder, 'record'>;

export interface RecorderParts {
  readonly writer: EventWriter;
  readonly clock: Clock;
  /** The log of this instance, at its own level. */
  readonly log: Log;
  readonly instance: string;
}

/**
 * Records security events: each is a line of the log at once, at any log level, and a row
 * of the database soon afterwards. Too many of a kind become one event with a count. It never
 * throws, and never waits.
 */
export class SecurityEventRecorder {
  readonly #parts: RecorderParts;
  readonly #log: Log;
  /** Each has a share of its own, so that none displaces another. */
  readonly #floods = {
    stranger: new FloodLimit({ perKey: eventLimits.eventsPerAddress.value, inAll: eventLimits.eventsOfStrangers.value }),
    guess: new FloodLimit({ perKey: eventLimits.eventsPerAddress.value, inAll: eventLimits.eventsOfStrangers.value }),
    refused: new FloodLimit({ perKey: eventLimits.eventsPerAddress.value, inAll: eventLimits.eventsOfRefusedCallers.value }),
    act: new FloodLimit({ perKey: eventLimits.actsPerCaller.value, inAll: eventLimits.acts.value }),
    operator: new FloodLimit({ perKey: eventLimits.acts.value, inAll: eventLimits.acts.value }),
  };
  #endWindow: (() => void) | null = null;

  constructor(parts: RecorderParts) {
    this.#parts = parts;
    this.#log = parts.log.child({ audit: true }, { level: 'info' });
  }

  record(given: NewSecurityEvent): void {
    const event: SecurityEvent = {
      ...{ kind: null, target: null },
      ...given,
      count: 1,
      instance: this.#parts.instance,
      dateCreated: new Date(this.#parts.clock.wallTime()).toISOString(),
    };
    this.#endWindow ??= this.#parts.clock.after(windowMs, () => this.#writeCounted());
    if (this.#floods[shareOf(event)].admits(keyOf(event), event)) this.#write(event);
  }

  /** Writes the events of the current window that are only counted, and saves what waits. */
  async close(): Promise<void> {
    this.#endWindow?.();
    this.#writeCounted();
    await this.#parts.writer.close();
  }

  #writeCounted(): void {
    this.#endWindow = null;
    for (const flood of Object.values(this.#floods)) for (const event of flood.endWindow()) this.#write(event);
  }

  #write(event: SecurityEvent): void {
    const { orgId, instance: _instance, ...fields } = event;
    this.#log.info({ ...fields, organization: orgId }, 'security event');
    this.#parts.writer.add(event);
  }
}

/** Requests without a credential are refused all the time. They must not displace failed logins. */
function shareOf({ event, caller, outcome }: SecurityEvent): 'stranger' | 'guess' | 'refused' | 'act' | 'operator' {
  if (caller === null) return event === 'refusal' || event === 'limit' ? 'stranger' : 'guess';
  if (outcome === 'failure') return 'refused';
  return caller.kind === 'operator' ? 'operator' : 'act';
}

/** Without a caller, events differ by their address. */
function keyOf({ event, outcome, caller, address }: SecurityEvent): string {
  return caller === null ? `${event} ${outcome} ${floodAddressOf(address)}` : `${event} ${outcome} ${caller.kind}:${caller.id}`;
}
