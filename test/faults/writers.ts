import { setTimeout as sleep } from 'node:timers/promises';
import { OrgError } from '../../client-sdk/src/index.ts';
import { type History, inWrites } from '../support/history.ts';
import type { SeededRandom } from '../support/seeds.ts';
import type { Cluster } from './cluster.ts';
import type { Evictions } from './evictions.ts';
import type { Journal } from './journal.ts';
import type { Organization, Subject } from './organization.ts';
import type { RestWriter } from './rest-writer.ts';
import type { Verdicts } from './verdicts.ts';

/** The continuous writes: one write of each kind for each organization, in rotation. */

export interface WriterDeps {
  readonly cluster: Cluster;
  readonly rest: RestWriter;
  readonly journal: Journal;
  readonly verdicts: Verdicts;
  readonly evictions: Evictions;
  readonly random: SeededRandom;
}

/** Plays a history merge by merge, as fast as responses arrive. At its end it starts again. */
export class HistoryPlayer {
  readonly #deps: WriterDeps;
  readonly #org: Organization;
  readonly #writes: readonly (readonly string[])[];
  played = 0;

  constructor(deps: WriterDeps, org: Organization, history: History) {
    this.#deps = deps;
    this.#org = org;
    this.#writes = inWrites(history.linesOf(org.name));
  }

  get total(): number {
    return this.#writes.length;
  }

  async playNext(): Promise<void> {
    const { rest, cluster } = this.#deps;
    const { id } = this.#org;
    await rest.send({
      orgId: id,
      command: 'import-changes',
      method: 'POST',
      path: `/api/operator/organizations/${id}/import/`,
      token: cluster.parts.operatorToken,
      body: this.#writes[this.played % this.total]!.join('\n'),
      key: `history ${id} ${this.played}`,
      mayChangeNothing: true,
    });
    this.played++;
  }
}

const churnPauseMs = [100, 400] as const;
const roles = ['owner', 'manager', 'admin', 'member', 'member'] as const;

/** Removes, demotes, promotes and restores the subscribers, and sometimes hides addresses. */
export function churner(deps: WriterDeps, org: Organization): () => Promise<void> {
  const { rest, cluster, evictions, random } = deps;
  let turns = 0;
  const base = `/api/0/organizations/${org.slug}`;
  const send = (command: string, method: 'POST' | 'PUT' | 'DELETE', path: string, body?: object, token = org.owner.token) =>
    rest.send({
      orgId: org.id,
      command,
      method,
      path,
      token,
      key: `churn ${org.id} ${turns}`,
      mayChangeNothing: method === 'PUT',
      ...(body ? { body } : {}),
    });

  async function remove({ person }: Subject): Promise<void> {
    await send('remove-member', 'DELETE', `${base}/members/${person.memberId}/`);
    person.memberId = null;
    for (const replica of org.replicas) if (replica.person === person) evictions.begin(replica);
  }

  async function restore({ person }: Subject): Promise<void> {
    const body = { userId: person.userId, orgRole: random.pick(roles) };
    const path = `/api/operator/organizations/${org.id}/members/`;
    const member = (await send('add-member', 'POST', path, body, cluster.parts.operatorToken)) as { id: string };
    person.memberId = member.id;
  }

  async function change(subject: Subject): Promise<void> {
    const { person, isMember } = subject;
    if (isMember && random.chance(0.5)) {
      await send('update-member', 'PUT', `${base}/members/${person.memberId}/`, { orgRole: random.pick(roles) });
      return;
    }
    subject.isMember = null;
    subject.turns++;
    await (isMember ? remove(subject) : restore(subject));
    subject.isMember = !isMember;
  }

  return async () => {
    turns++;
    if (random.chance(0.05)) await send('update-organization', 'PUT', `${base}/`, { enhancedPrivacy: random.chance(0.5) });
    else await change(random.pick(org.subjects));
    await sleep(churnPauseMs[0] + random.float() * (churnPauseMs[1] - churnPauseMs[0]));
  };
}

const makePauseMs = 150;
const commandMsMax = 6_000;
/** A subscriber may be unreachable for as long as the longest fault, and then subscribes again. */
const waitMsMax = 60_000;

/**
 * Creates teams with the owner's client, waits for each in its own replica, and removes it again.
 */
export function teamMaker({ rest, journal, verdicts }: WriterDeps, org: Organization): () => Promise<void> {
  const [maker] = org.replicas;
  let made = 0;

  async function confirm(slug: string, revision: string): Promise<void> {
    const { handle } = maker!;
    await handle.waitFor(revision, { signal: AbortSignal.timeout(waitMsMax) });
    const own = handle.status.revision ?? -1;
    verdicts.check('wait-for', own >= Number(revision.split('.')[1]), () => `${maker!.name} waited for ${revision} and is at ${own}`);
    const isThere = handle.state.teams.some((team) => team.slug === slug);
    verdicts.check('wait-for', isThere, () => `${maker!.name} waited for ${revision} and has no team ${slug}`);
    const path = `/api/0/teams/${org.slug}/${slug}/`;
    await rest.send({ orgId: org.id, command: 'remove-team', method: 'DELETE', path, token: org.owner.token, key: `remove ${slug}` });
  }

  return async () => {
    const slug = `made-${org.id}-${++made}`;
    const revision = await makeTeam();
    if (revision !== null) await confirm(slug, revision).catch((error: unknown) => onWaitFailed(slug, error));
    await sleep(makePauseMs);

    async function makeTeam(): Promise<string | null> {
      for (;;) {
        try {
          const signal = AbortSignal.timeout(commandMsMax);
          const result = await maker!.handle.createTeam({ slug }, { idempotencyKey: slug, signal });
          const at = performance.now();
          if (result.revision === null) continue;
          const revision = Number(result.revision.split('.')[1]);
          journal.add({ orgId: org.id, command: 'create-team', revision, at, slug, mayChangeNothing: false });
          return result.revision;
        } catch (error) {
          const code = error instanceof OrgError ? error.code : 'unknown';
          if (['unreachable', 'unavailable', 'aborted', 'internal'].includes(code)) continue;
          verdicts.violated('exactly-once', `a team could not be created: ${String(error)}`);
          return null;
        }
      }
    }
  };

  function onWaitFailed(slug: string, error: unknown): void {
    // The client was restarted during the wait.
    if (error instanceof OrgError && error.code === 'aborted' && !(error.cause instanceof DOMException)) return;
    verdicts.violated('wait-for', `${maker!.name} never received ${slug}: ${String(error)}`);
  }
}
