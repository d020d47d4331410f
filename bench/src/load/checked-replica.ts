import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { connect } from '../../../client-sdk/src/index.ts';
import type { OrgRoleId } from '../../../protocol/src/index.ts';
import type { Person, ProvisionedOrg } from '../../../test/support/provision.ts';
import type { Api } from '../../../test/support/server.ts';
import { markersIn } from '../marker.ts';
import { settingRecord, teamSlug } from './marked-records.ts';

/** The violations that clients of the SDK detect. */
export class Violations {
  readonly list: string[] = [];
  #count = 0;
  /** Further violations of the same run add no information. */
  static readonly keptMax = 20;

  get count(): number {
    return this.#count;
  }

  add(what: string): void {
    this.#count++;
    if (this.list.length < Violations.keptMax) this.list.push(what);
  }
}

/**
 * A report about a lost connection is not a violation. These reports are: something was lost or
 * corrupted on the way.
 */
const brokenReports = new Set(['gap', 'broken-pieces', 'broken-snapshot', 'checksum', 'unknown-op', 'handler-failed']);
const convergeMsMax = 15_000;

export class CheckedReplica {
  readonly name: string;
  readonly role: OrgRoleId;
  readonly #client;
  readonly handle;
  readonly #violations: Violations;
  #revision = 0;
  #isClosing = false;

  constructor(
    name: string,
    url: string,
    { person, role }: { person: Person; role: OrgRoleId },
    org: ProvisionedOrg,
    violations: Violations,
  ) {
    this.name = name;
    this.role = role;
    this.#violations = violations;
    this.#client = connect({ url, token: person.token });
    this.handle = this.#client.organization(org.slug);
    this.#client.on('report', ({ kind, detail }) => {
      if (brokenReports.has(kind)) this.#violate(`${kind}: ${detail}`);
    });
    this.handle.on('change', ({ revision, cause }) => {
      if (cause !== 'snapshot' && revision <= this.#revision) this.#violate(`revision ${revision} arrived after ${this.#revision}`);
      this.#revision = revision;
    });
    this.handle.on('access.revoked', ({ reason }) => {
      if (!this.#isClosing) this.#violate(`access ended: ${reason}`);
    });
  }

  /** The version of a record in the replica. 0 before the first. */
  versionOf(record: number): number {
    const { records } = this.handle.subscription;
    const team = teamSlug(record);
    const text =
      record === settingRecord
        ? records.organization?.relayPiiConfig
        : [...records.recordsOf('team').values()].find(({ slug }) => slug === team)?.name;
    return markersIn(String(text ?? ''))[0]?.version ?? 0;
  }

  /**
   * Compares the replica with the records that its role may see in the database, while there are no
   * writes.
   */
  async compare(api: Api, orgId: string): Promise<void> {
    const { body } = await api.operate('GET', `/organizations/${orgId}/state/?audience=${this.role}`);
    const wanted = keyed(body.records);
    for (const deadline = performance.now() + convergeMsMax; ; await sleep(50)) {
      const held = keyed([...this.handle.subscription.records.all()].map(({ kind, record }) => ({ kind, id: record.id, record })));
      if (isDeepStrictEqual(held, wanted)) return;
      if (performance.now() < deadline) continue;
      const different = [...wanted.keys(), ...held.keys()].filter((key) => !isDeepStrictEqual(held.get(key), wanted.get(key)));
      this.#violate(
        `at revision ${this.handle.status.revision} of ${body.revision}, ${new Set(different).size} records differ from the database`,
      );
      return;
    }
  }

  close(): void {
    this.#isClosing = true;
    this.#client.close();
  }

  #violate(what: string): void {
    this.#violations.add(`${this.name} (${this.role}): ${what}`);
  }
}

function keyed(rows: readonly { readonly kind: string; readonly id: string; readonly record: unknown }[]): Map<string, unknown> {
  return new Map(rows.map(({ kind, id, record }) => [`${kind}/${id}`, record]));
}
