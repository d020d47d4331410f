import type { OrgState, VerifiedDomainRecord } from '@rollcall/protocol';
import { addMilliseconds } from '../../server/src/domain/date-time.ts';
import { challengeFor } from '../../server/src/domain/organizations/verified-domains.ts';
import { addDomain } from '../../server/src/features/single-sign-on/commands/domains/add-domain.ts';
import { applyDomainCheck } from '../../server/src/features/single-sign-on/commands/domains/apply-domain-check.ts';
import { removeDomain } from '../../server/src/features/single-sign-on/commands/domains/remove-domain.ts';
import type { SeededRandom } from '../support/seeds.ts';
import { type Command, contextOf, nothing, type Write } from './command.ts';
import { createdAt } from './people.ts';
import { recordsOf } from './records.ts';
import type { Version } from './simulated-log.ts';

/** The commands of verified domains, decided by the product, and the records in DNS. */

const names = ['example.com', 'example.org'];
const secret = 'secret';
const dayMs = 24 * 60 * 60 * 1_000;
/** The days that REST contract 13.6 states. */
const lapseAfterDays = 7;

/** The state of a domain's record in DNS. Null if DNS does not respond. */
type Presence = 'present' | 'missing' | null;

export class Domains {
  readonly #id: () => string;
  /** Time passes in days between the checks of domains. A failover does not turn it back. */
  #day = 0;

  constructor(id: () => string) {
    this.#id = id;
  }

  readonly commands: readonly Command[] = [
    { name: 'add-domain', decide: (head, random) => this.#add(head, random) },
    {
      name: 'apply-domain-check',
      decide: (head, random) => this.#applyCheck(head, random, random.pick(['present', 'present', 'missing', null])),
    },
    {
      name: 'apply-domain-check',
      decide: (head, random) => this.#applyCheck(head, random, random.pick(['present', 'missing', 'missing'])),
    },
    { name: 'remove-domain', decide: removeAny },
  ];

  /** Checks of domains whose records are missing. */
  readonly lapse: readonly Command[] = Array.from({ length: 3 }, () => ({
    name: 'apply-domain-check',
    decide: (head, random) => this.#applyCheck(head, random, 'missing'),
  }));

  #add({ state }: Version, random: SeededRandom): Write {
    const input = { domain: random.pick(names), role: random.pick(['owned', 'owned', 'affiliated'] as const), secret };
    const facts = { state, domains: domainsOf(state), id: this.#id(), secret };
    const { changes, result } = addDomain.decide(input, facts, this.#context());
    const row = { missingSince: null, isProven: false };
    return { changes, rows: (rows) => ({ ...rows, domains: new Map(rows.domains).set(result.id, row) }) };
  }

  /** Makes the next check some days after the last one. */
  #applyCheck({ state, rows: { domains } }: Version, random: SeededRandom, presence: Presence): Write {
    const found = domainsOf(state);
    if (found.length === 0) return nothing;
    this.#day += random.pick([1, 3, 7]);
    const record = random.pick(found);
    const { missingSince, isProven } = domains.get(record.id)!;
    const challenge = challengeFor(record.domain, secret);
    const txtRecords = presence === null ? null : presence === 'present' ? [challenge.value] : [];
    const domain = { ...record, challenge, dateChecked: null, missingSince: missingSince === null ? null : timeOf(missingSince) };
    const { changes } = applyDomainCheck.decide(
      { domainId: record.id, txtRecords, credential: null },
      { state, domain, ownerAddresses: [] },
      this.#context(),
    );
    if (presence === null) return { changes };
    const since = presence === 'present' || !isProven ? null : (missingSince ?? this.#day);
    const row = {
      missingSince: since,
      isProven: presence === 'present' || (since !== null && this.#day - since < lapseAfterDays),
    };
    return { changes, rows: (rows) => ({ ...rows, domains: new Map(rows.domains).set(record.id, row) }) };
  }

  #context() {
    return contextOf({ kind: 'operator', name: 'bootstrap' }, timeOf(this.#day));
  }
}

function timeOf(day: number): string {
  return addMilliseconds(createdAt, day * dayMs);
}

export function domainsOf(state: OrgState): VerifiedDomainRecord[] {
  return recordsOf('verified-domain', state);
}

function removeAny({ state }: Version, random: SeededRandom): Write {
  const found = domainsOf(state);
  // Without a domain, logins create no members.
  if (found.length === 0 || random.chance(0.5)) return nothing;
  const domain = random.pick(found);
  return { changes: removeDomain.decide({ domainId: domain.id }, { state, domain }, contextOf()).changes };
}
