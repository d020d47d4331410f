import type { SnapshotEndFrame, SnapshotFrame, StepFrame } from '../../protocol/src/index.ts';
import { Splitter } from './links/splitter.ts';
import type { StreamFilter } from './links/tcp-link.ts';
import { readText, serverMessageEnd } from './links/web-socket.ts';
import type { Verdicts } from './verdicts.ts';

/** Data of a revision that was sent to a viewer. */
export interface Delivery {
  readonly orgId: string;
  readonly revision: number;
}

/**
 * Inspects the connection of one client, and checks every frame of the server by the rules of the
 * wire protocol. It shares nothing with the client, and also sees what the client doesn't show.
 */
export class WireInspector {
  readonly name: string;
  readonly #verdicts: Verdicts;
  readonly #chance: () => number;
  readonly #connections = new Set<InspectedConnection>();
  #deliveries: Delivery[] = [];
  /**
   * The share of complete steps to this client that are lost, 0 to 1. No real network loses a
   * single message of a connection. A piece of a step is never lost alone: pieces have no numbers,
   * and a client would notice only with the next pong.
   */
  lossRate = 0;
  lost = 0;

  constructor(name: string, verdicts: Verdicts, chance: () => number) {
    this.name = name;
    this.#verdicts = verdicts;
    this.#chance = chance;
  }

  /** The inspection of one more connection. */
  inspect(): StreamFilter {
    const messages = new Splitter(serverMessageEnd());
    const connection = new InspectedConnection(this.name, this.#verdicts, this.#deliveries);
    this.#connections.add(connection);
    return {
      down: (chunk) => messages.push(chunk).filter((message) => this.#passes(connection, message)),
      closed: () => {
        connection.isOver = true;
        this.#connections.delete(connection);
      },
    };
  }

  /** The deliveries since the last call. */
  takeDeliveries(): Delivery[] {
    return this.#deliveries.splice(0);
  }

  /** Connections with a live subscription to the organization: acknowledged, and not ended. */
  subscribedTo(orgId: string): InspectedConnection[] {
    return [...this.#connections].filter((connection) => connection.isSubscribedTo(orgId));
  }

  #passes(connection: InspectedConnection, message: Buffer): boolean {
    const text = readText(message);
    if (text === null) return true;
    // A step that is lost after this point was still sent.
    const isWholeStep = connection.receive(text) === 'whole step';
    const isLost = isWholeStep && this.lossRate > 0 && this.#chance() < this.lossRate;
    if (isLost) this.lost++;
    return !isLost;
  }
}

interface Subscription {
  revision: number;
  /** The received parts of a snapshot. Null if the replica is complete. */
  parts: number | null;
  pieces: Pick<StepFrame, 'from' | 'to'> | null;
}

/**
 * Engine.IO sends 4 for a message. Socket.IO sends 2 for an event, and 3 with a number for an
 * acknowledgement.
 */
const eventPrefix = '42';
const acknowledgement = /^43\d+/;

export class InspectedConnection {
  readonly #name: string;
  readonly #verdicts: Verdicts;
  readonly #deliveries: Delivery[];
  readonly #subscriptions = new Map<string, Subscription>();
  isOver = false;

  constructor(name: string, verdicts: Verdicts, deliveries: Delivery[]) {
    this.#name = name;
    this.#verdicts = verdicts;
    this.#deliveries = deliveries;
  }

  isSubscribedTo(orgId: string): boolean {
    return this.#subscriptions.has(orgId);
  }

  receive(text: string): 'whole step' | 'other' {
    const [acknowledged] = acknowledgement.exec(text) ?? [];
    if (acknowledged) this.#acknowledge((JSON.parse(text.slice(acknowledged.length)) as [Answer])[0]);
    if (!text.startsWith(eventPrefix)) return 'other';
    const [event, frame] = JSON.parse(text.slice(eventPrefix.length)) as [string, { org: string }];
    if (event === 'snapshot') this.#snapshot(frame as SnapshotFrame);
    else if (event === 'snapshot-end') this.#snapshotEnd(frame as SnapshotEndFrame);
    else if (event === 'step') return this.#step(frame as StepFrame);
    else if (event === 'resync') this.#restart(frame.org);
    else if (event === 'revoked') this.#subscriptions.delete(frame.org);
    return 'other';
  }

  #acknowledge({ mode, org, revision }: Answer): void {
    if (mode !== 'snapshot' && mode !== 'resume') return;
    this.#subscriptions.set(org!, { revision: revision!, parts: mode === 'snapshot' ? 0 : null, pieces: null });
  }

  #of(org: string, event: string): Subscription | null {
    const subscription = this.#subscriptions.get(org) ?? null;
    this.#verdicts.check(
      'no-leak',
      subscription !== null,
      () => `${this.#name} was sent a ${event} of an organization it is not subscribed to`,
    );
    return subscription;
  }

  #restart(org: string): void {
    const subscription = this.#of(org, 'resync');
    if (subscription) Object.assign(subscription, { parts: 0, pieces: null });
  }

  #snapshot({ org, part }: SnapshotFrame): void {
    const subscription = this.#of(org, 'snapshot');
    if (!subscription) return;
    const isNext = part === 0 || part === subscription.parts;
    this.#verdicts.check('atomic', isNext, () => `${this.#name} was sent part ${part} of a snapshot after ${subscription.parts} parts`);
    subscription.parts = part + 1;
  }

  #snapshotEnd({ org, revision }: SnapshotEndFrame): void {
    const subscription = this.#of(org, 'snapshot-end');
    if (!subscription) return;
    Object.assign(subscription, { revision, parts: null, pieces: null });
    this.#deliveries.push({ orgId: org, revision });
  }

  #step({ org, from, to, more }: StepFrame): 'whole step' | 'other' {
    const subscription = this.#of(org, 'step');
    if (!subscription) return 'other';
    const { revision: own, parts, pieces } = subscription;
    this.#verdicts.check('atomic', parts === null, () => `${this.#name} was sent a step between the parts of a snapshot`);
    const isSame = pieces === null || (pieces.from === from && pieces.to === to);
    this.#verdicts.check('atomic', isSame, () => `${this.#name} was sent a step to ${to} between the pieces of one to ${pieces?.to}`);
    this.#verdicts.check('contiguous', from < to && from <= own, () => `${this.#name} was sent a step from ${from} to ${to} at ${own}`);
    subscription.pieces = more ? { from, to } : null;
    if (!more) subscription.revision = Math.max(own, to);
    this.#deliveries.push({ orgId: org, revision: to });
    return more || pieces ? 'other' : 'whole step';
  }
}

interface Answer {
  readonly mode?: string;
  readonly org?: string;
  readonly revision?: number;
}
