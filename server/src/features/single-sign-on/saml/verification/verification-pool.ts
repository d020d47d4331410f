import { Worker } from 'node:worker_threads';
import { OrgError } from '@rollcall/protocol';
import { ExpiringMap } from '../../../../runtime/collections/expiring-map.ts';
import { KeyedSemaphore, Semaphore } from '../../../../runtime/limits/semaphore.ts';
import { workerArguments } from '../../../../runtime/worker-arguments.ts';
import type { ConfiguredProvider } from '../../database/auth-provider-configs.ts';
import type { VerifiedResponse } from '../../domain/asserted-identity.ts';
import { signOnLimits } from '../../limits.ts';
import { type ExpectedResponse, refuseForged } from '../verify-saml-response.ts';

export interface VerificationJob {
  readonly provider: ConfiguredProvider;
  readonly base64: string;
  readonly expected: ExpectedResponse;
}

export type VerificationAnswer = ({ readonly response: VerifiedResponse } | { readonly failed: string }) & {
  /** The time that the worker has spent. */
  readonly ms: number;
};

export const verificationLimits = {
  threads: signOnLimits.verificationThreads.value,
  jobMsMax: signOnLimits.verificationMs.value,
  waitingPerOrganizationMax: signOnLimits.verificationsWaitingPerOrganization.value,
  waitingMax: signOnLimits.verificationsWaiting.value,
  msPerMinute: signOnLimits.verificationMsPerMinute.value,
  /** The library needs 60 MB, and 30 MB more for the largest response. */
  heapMegabytes: 256,
} as const;

/** @internal For tests. */
export interface VerificationPoolOptions {
  readonly limits?: Partial<Record<keyof typeof verificationLimits, number>>;
  /** A module that returns a `VerificationAnswer` for each message. */
  readonly script?: URL;
}

/**
 * Verifies SAML responses in worker threads, because their verification takes up to half a second,
 * which would block the event loop. Threads start with the first response.
 */
export class VerificationPool {
  readonly #limits: Record<keyof typeof verificationLimits, number>;
  readonly #script: URL;
  readonly #idle: Worker[] = [];
  readonly #threads = new Set<Worker>();
  /** A slot for each thread. */
  readonly #slots: Semaphore;
  /** Verifies one response of an organization at a time, so that none keeps the others waiting. */
  readonly #organizations: KeyedSemaphore;
  /** The milliseconds of each organization in the current minute. */
  readonly #spent = new ExpiringMap<{ ms: number }>();

  constructor({ limits, script }: VerificationPoolOptions = {}) {
    this.#limits = { ...verificationLimits, ...limits };
    this.#script = script ?? new URL('./verification-worker.mjs', import.meta.url);
    const { threads, waitingMax, waitingPerOrganizationMax } = this.#limits;
    this.#slots = new Semaphore({ concurrentMax: threads, inTotal: { waitingMax, refusal: busy } });
    this.#organizations = new KeyedSemaphore({ concurrentMax: 1, inTotal: { waitingMax: waitingPerOrganizationMax, refusal: tooMany } });
  }

  /**
   * The identity that a response asserts. A response that no key of the provider has signed is
   * refused here, within milliseconds.
   * @param take marks the login as used, before the response is verified. False if it was used
   * before.
   * @throws OrgError `rate-limited` or `unavailable`
   */
  async verify(job: VerificationJob, take: () => Promise<boolean>): Promise<VerifiedResponse> {
    const { orgId } = job.provider;
    const refused = await refuseForged(job.provider, job.base64);
    if (refused) return refused;
    this.#assertTimeLeft(orgId);
    return this.#organizations.run(orgId, async () => {
      this.#assertTimeLeft(orgId);
      return this.#slots.run(() => this.#verifyIn(job, take));
    });
  }

  /** @throws OrgError `unavailable` if the thread doesn't start */
  async #verifyIn(job: VerificationJob, take: () => Promise<boolean>): Promise<VerifiedResponse> {
    const worker = this.#idle.pop() ?? (await this.#start());
    try {
      if (!(await take())) return { refused: 'the login has a response already', isForged: true };
      return await this.#run(worker, job);
    } finally {
      if (this.#threads.has(worker)) this.#idle.push(worker);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#threads].map((worker) => worker.terminate()));
  }

  #assertTimeLeft(orgId: string): void {
    if ((this.#spent.get(orgId)?.ms ?? 0) >= this.#limits.msPerMinute) throw tooMany();
  }

  /** An organization is not charged for what strangers send. */
  #charge(orgId: string, ms: number): void {
    const spent = this.#spent.get(orgId);
    if (spent) spent.ms += ms;
    else this.#spent.set(orgId, { ms }, 60_000);
  }

  async #run(worker: Worker, job: VerificationJob): Promise<VerifiedResponse> {
    const { orgId } = job.provider;
    const answer = await this.#answerOf(worker, job);
    if (answer === null) {
      this.#charge(orgId, this.#limits.jobMsMax);
      // Its slot is free only when the thread has ended.
      await worker.terminate();
      return { refused: 'the response could not be verified in time' };
    }
    if ('failed' in answer) throw new Error(`The SAML response could not be verified. ${answer.failed}`);
    const { response, ms } = answer;
    if (!('refused' in response && response.isForged)) this.#charge(orgId, ms);
    return response;
  }

  /** Null if the worker ended, or took too long. Another one then starts. */
  #answerOf(worker: Worker, job: VerificationJob): Promise<VerificationAnswer | null> {
    return new Promise((resolve) => {
      const end = () => {
        void worker.terminate();
        finish(null);
      };
      const timer = setTimeout(end, this.#limits.jobMsMax);
      const finish = (answer: VerificationAnswer | null) => {
        clearTimeout(timer);
        worker.off('message', finish).off('exit', end);
        resolve(answer);
      };
      worker.once('message', finish).once('exit', end);
      worker.postMessage(job);
    });
  }

  /** @throws OrgError `unavailable` if the thread doesn't start */
  #start(): Promise<Worker> {
    const worker = new Worker(this.#script, {
      execArgv: workerArguments(),
      resourceLimits: { maxOldGenerationSizeMb: this.#limits.heapMegabytes },
      // Built, and from sources, the module has the extension of this one.
      workerData: { module: new URL(`./verification-thread${import.meta.url.slice(-3)}`, import.meta.url).href },
    });
    this.#threads.add(worker);
    // An idle thread keeps no process from ending.
    worker.unref();
    // Without a listener, an error in the thread would end the process. It ends the thread too.
    let cause: unknown;
    worker.on('error', (error) => {
      cause = error;
    });
    return new Promise((resolve, reject) => {
      worker.once('exit', () => {
        this.#threads.delete(worker);
        const at = this.#idle.indexOf(worker);
        if (at >= 0) this.#idle.splice(at, 1);
        reject(busy(cause));
      });
      worker.once('message', () => resolve(worker));
    });
  }
}

function tooMany(): OrgError {
  return new OrgError('rate-limited', 'Too many people of your organization are logging in. Try again shortly.', { retryAfterSeconds: 10 });
}

/** The error for more logins than this instance handles. */
export function busy(cause?: unknown): OrgError {
  return new OrgError('unavailable', 'Too many people are logging in. Try again shortly.', { retryAfterSeconds: 2, cause });
}
