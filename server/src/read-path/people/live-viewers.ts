import { type Bus, type CountedSession, type CountedViewer, type EphemeralMessage, viewersTopic, viewersTopicOf } from '../../bus/bus.ts';
import type { SsoBinding } from '../../domain/caller-access.ts';
import type { Viewer } from '../../domain/evaluate-access.ts';
import { type Clock, sleep } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import { randomHex } from '../../runtime/secrets/random.ts';

/**
 * Read path: the viewers who are subscribed to an organization on any instance, and their
 * addresses. An instance requests them from the others over the bus.
 */

/** The preview of a list of addresses responds within 500 ms (REST contract 13.3). */
const surveyMsMax = 400;
/** A viewer takes up to 290 bytes, so a message stays below 16 KiB. */
const viewersPerMessageMax = 50;

export interface LiveViewersDeps {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  /** The id of this instance, as in `listInstances`. */
  readonly self: string;
  /** The ids of the instances that serve clients. */
  listInstances(): Promise<readonly string[]>;
  /** The viewers who are subscribed to the organization in this process. */
  viewersOf(orgId: string): readonly Viewer[];
}

export interface Survey {
  readonly viewers: readonly CountedViewer[];
  /** The number of instances that responded, this one included. */
  readonly instances: number;
  /** Whether all instances responded. */
  readonly isComplete: boolean;
}

/** The parts of one instance's response, by their number. */
type Parts = Map<number, readonly CountedViewer[]>;

interface RunningSurvey {
  readonly responses: Map<string, Parts>;
  /** The instances whose response is complete. */
  readonly responded: Set<string>;
  /** Called when another instance's response is complete. */
  progress(): void;
}

export class LiveViewers {
  readonly #deps: LiveViewersDeps;
  /** The surveys in progress, by the id of the request. */
  readonly #running = new Map<string, RunningSurvey>();
  /** The surveys in progress, by organization. Concurrent callers share a survey. */
  readonly #shared = new Map<string, Promise<Survey>>();
  #listeners: readonly AsyncDisposable[] = [];

  private constructor(deps: LiveViewersDeps) {
    this.#deps = deps;
  }

  static async open(deps: LiveViewersDeps): Promise<LiveViewers> {
    const viewers = new LiveViewers(deps);
    const listener = (message: EphemeralMessage) => viewers.#receive(message);
    viewers.#listeners = [
      await deps.bus.onBroadcast(viewersTopic, listener),
      await deps.bus.onBroadcast(viewersTopicOf(deps.self), listener),
    ];
    return viewers;
  }

  /** Rejects while the instances can't be listed. */
  survey(orgId: string): Promise<Survey> {
    const running = this.#shared.get(orgId);
    if (running) return running;
    const survey = this.#survey(orgId).finally(() => this.#shared.delete(orgId));
    this.#shared.set(orgId, survey);
    return survey;
  }

  async close(): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener[Symbol.asyncDispose]()));
  }

  async #survey(orgId: string): Promise<Survey> {
    const { bus, clock, self } = this.#deps;
    const id = randomHex(8);
    const inTime = sleep(clock, surveyMsMax);
    const survey: RunningSurvey = { responses: new Map(), responded: new Set(), progress() {} };
    this.#running.set(id, survey);
    try {
      void bus.broadcast(viewersTopic, { type: 'viewers-request', id, instance: self, orgId }).catch(() => {});
      const others = (await this.#deps.listInstances()).filter((instance) => instance !== self);
      const isComplete = () => others.every((instance) => survey.responded.has(instance));
      const all = new Promise<void>((resolve) => {
        survey.progress = () => isComplete() && resolve();
        survey.progress();
      });
      await Promise.race([all, inTime]);
      const received = [...survey.responded].flatMap((instance) => [...survey.responses.get(instance)!.values()].flat());
      return {
        viewers: [...countViewers(orgId, this.#deps.viewersOf(orgId)), ...received],
        instances: survey.responded.size + 1,
        isComplete: isComplete(),
      };
    } finally {
      this.#running.delete(id);
    }
  }

  #receive(message: EphemeralMessage): void {
    if (message.type === 'viewers-request' && message.instance !== this.#deps.self) {
      this.#respond(message).catch((error: unknown) =>
        this.#deps.log.warn(
          { orgId: message.orgId, error: String(error) },
          'could not send the viewers of an organization to another instance',
        ),
      );
    }
    if (message.type === 'viewers') this.#collect(message);
  }

  async #respond({ id, instance, orgId }: Extract<EphemeralMessage, { type: 'viewers-request' }>): Promise<void> {
    const { bus, self } = this.#deps;
    const viewers = countViewers(orgId, this.#deps.viewersOf(orgId));
    const parts = Math.max(1, Math.ceil(viewers.length / viewersPerMessageMax));
    for (let part = 0; part < parts; part++) {
      const inPart = viewers.slice(part * viewersPerMessageMax, (part + 1) * viewersPerMessageMax);
      await bus.broadcast(viewersTopicOf(instance), { type: 'viewers', id, instance: self, part, parts, viewers: inPart });
    }
  }

  #collect({ id, instance, part, parts, viewers }: Extract<EphemeralMessage, { type: 'viewers' }>): void {
    const survey = this.#running.get(id);
    if (!survey) return;
    const received: Parts = survey.responses.get(instance) ?? new Map();
    survey.responses.set(instance, received.set(part, viewers));
    if (received.size < parts) return;
    survey.responded.add(instance);
    survey.progress();
  }
}

/**
 * Counts the subscriptions of the same viewer, address and login together. Services are left out,
 * because no list of addresses concerns them, and organizations don't see them.
 */
function countViewers(orgId: string, viewers: readonly Viewer[]): CountedViewer[] {
  const counted = new Map<string, CountedViewer>();
  for (const viewer of viewers) {
    const { address, userId, orgTokenId } = viewer;
    if (viewer.isService) continue;
    const session = sessionOf(orgId, viewer);
    const key = JSON.stringify([address, userId, orgTokenId, session]);
    const subscriptions = (counted.get(key)?.subscriptions ?? 0) + 1;
    counted.set(key, { address, userId, orgTokenId, session, subscriptions });
  }
  return [...counted.values()];
}

function sessionOf(orgId: string, { bindings, boundOrgIds }: Viewer): CountedViewer['session'] {
  return bindings && { isFull: boundOrgIds === null, binding: countedBinding(bindings.get(orgId)) };
}

function countedBinding(binding: SsoBinding | undefined): CountedSession['binding'] {
  if (!binding) return null;
  const { memberId: _, ...counted } = binding;
  return counted;
}
