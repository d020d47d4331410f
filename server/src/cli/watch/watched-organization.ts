import { type OrganizationHandle, type OrganizationPhase, OrgError, type RollcallClient } from '@rollcall/client';
import { CliError } from '../cli-error.ts';
import { withRemedy } from '../with-remedy.ts';
import { eventInWords } from './describe-event.ts';
import { ChangesPrinter, type Output } from './print-changes.ts';

/**
 * The time to wait for the first snapshot. A server that is starting responds within it. Otherwise
 * the address is wrong.
 */
const snapshotMsMax = 10_000;

const endedPhases: ReadonlySet<OrganizationPhase> = new Set(['denied', 'refused', 'revoked', 'closed']);

/** Prints the changes to one organization. */
export class WatchedOrganization {
  readonly #client: RollcallClient;
  readonly #org: string;
  readonly #output: Output;
  readonly #handle: OrganizationHandle;
  /** Null if people see the changes as the socket delivers them. */
  readonly #printer: ChangesPrinter | null;

  constructor(client: RollcallClient, org: string, after: string | null, output: Output) {
    this.#client = client;
    this.#org = org;
    this.#output = output;
    this.#handle = client.organization(org);
    const needsPrinter = output.isJson || after !== null;
    this.#printer = needsPrinter ? new ChangesPrinter(this.#handle, after, output) : null;
  }

  /**
   * Never resolves.
   * @throws CliError or OrgError when the organization can't be watched, or no longer
   */
  run(): Promise<never> {
    return this.#print((ended) => Promise.race([ended, becomesLive(this.#handle)]));
  }

  /**
   * Watches an organization that was named on the command line. Its status is printed, and a server
   * that doesn't respond is an error.
   */
  async runNamed(url: string): Promise<never> {
    try {
      return await this.#print(async () => {
        await this.#waitForSnapshot(url);
        this.#reportStatus();
      });
    } catch (error) {
      if (error instanceof CliError) throw new CliError(this.#labelled(error.message));
      throw error instanceof OrgError ? new CliError(this.#labelled(withRemedy(error))) : error;
    }
  }

  async #print(untilLive: (ended: Promise<never>) => Promise<void>): Promise<never> {
    const ended = untilEnded(this.#handle);
    ended.catch(() => {});
    if (!this.#printer) this.#printLive();
    await untilLive(ended);
    this.#reportState();
    return Promise.race([ended, ...(this.#printer ? [this.#printer.run()] : [])]);
  }

  /** The option to continue with, if any change was read. */
  next(): string[] {
    const cursor = this.#printer?.next ?? null;
    if (cursor === null) return [];
    return [`--after ${this.#output.hasSeveral ? `${this.#org}=` : ''}${cursor}`];
  }

  #printLive(): void {
    const { hasSeveral } = this.#output;
    this.#handle.on('change', ({ events }) => {
      for (const event of events) console.log(eventInWords(event, this.#handle.state, { hasSeveral }));
    });
  }

  async #waitForSnapshot(url: string): Promise<void> {
    try {
      await this.#handle.ready({ signal: AbortSignal.timeout(snapshotMsMax) });
    } catch (error) {
      if (!(error instanceof OrgError && error.code === 'aborted')) throw error;
      const reason = this.#client.status.reason ?? 'no response';
      throw new CliError(`The server at ${url} did not send a snapshot within ${snapshotMsMax / 1_000} s: ${reason}.`);
    }
  }

  #reportStatus(): void {
    this.#handle.on('status', ({ before, after: { phase, reason } }) => {
      if (phase === before.phase || endedPhases.has(phase)) return;
      console.error(`rollcall: ${this.#labelled(`${phase}${reason ? `, ${reason}` : ''}`)}`);
    });
  }

  #reportState(): void {
    const { members, teams, projects, organization } = this.#handle.state;
    const size = `${members.length} members, ${teams.length} teams, ${projects.length} projects`;
    console.error(
      `Watching ${organization?.slug ?? this.#org} at revision ${this.#handle.status.revision}: ${size}. Press Ctrl-C to stop.`,
    );
  }

  #labelled(text: string): string {
    return this.#output.hasSeveral ? `${this.#org}: ${text}` : text;
  }
}

/** Resolves once there is a first snapshot, regardless of how long that takes. */
function becomesLive(handle: OrganizationHandle): Promise<void> {
  return new Promise((resolve) => {
    const check = () => handle.status.phase === 'live' && resolve();
    handle.subscribe(check);
    check();
  });
}

/** Rejects when access or the credential ends. */
function untilEnded(handle: OrganizationHandle): Promise<never> {
  return new Promise((_resolve, reject) => {
    handle.on('status', ({ after: { phase, reason } }) => {
      if (endedPhases.has(phase)) reject(new CliError(`Access to the organization has ended: ${reason ?? phase}.`));
    });
  });
}
