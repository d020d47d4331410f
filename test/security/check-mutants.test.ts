import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { ChangedSources, type SourceChange } from '../support/changed-sources.ts';

type ScimFilter = typeof import('../../server/src/features/scim/http/scim-filter.ts');
type ScimPatch = typeof import('../../server/src/features/scim/http/scim-patch.ts');
type AddressRules = typeof import('../../server/src/domain/address-rules.ts');
type CallerAddress = typeof import('../../server/src/http/requests/caller-address.ts');

/** A check removed from the source, and an attack that is then accepted. */
interface CheckMutant<Module> extends SourceChange {
  readonly title: string;
  /** Throws, or returns false, if the attack is refused. */
  accepts(module: Module): boolean | Promise<boolean>;
}

const mutantsOf = <Module>(file: string, mutants: readonly Omit<CheckMutant<Module>, 'file'>[]) =>
  mutants.map((mutant) => ({ ...mutant, file })) as readonly CheckMutant<unknown>[];

const members = Array.from({ length: 10_000 }, (_, index) => ({ value: String(index + 1) }));
const patch = (...Operations: unknown[]) => ({ schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations });

/** The address that a request has which a trusted proxy sent with this header. */
function addressFrom({ addressReader }: CallerAddress, forwarded: string): string | null {
  const remoteAddress = '10.0.0.1';
  const request = { headers: { 'x-forwarded-for': forwarded }, socket: { remoteAddress }, connection: { remoteAddress } };
  return addressReader(['10.0.0.0/8'])(request as unknown as IncomingMessage);
}

const checkMutants: readonly CheckMutant<unknown>[] = [
  ...mutantsOf<ScimFilter>('server/src/features/scim/http/scim-filter.ts', [
    {
      title: '[S-46] [V15.3.6] refuse a path to the prototype of a constructor',
      from: "attribute.split('.').some((part) => reservedNames.has(part))",
      to: 'false',
      accepts: ({ parsePath }) => parsePath('constructor.prototype').attribute === 'constructor.prototype',
    },
    {
      title: '[S-46] refuse a key __proto__, and one with three dots',
      from: '!attributePattern.test(attribute) || ',
      to: '',
      accepts: ({ readAttribute }) => ['__proto__', 'a.b.c.d'].every((name) => readAttribute(name) === name),
    },
    {
      title: '[S-46] refuse a filter by a name that is not in the list',
      from: 'if (attribute === undefined) throw invalidFilter();',
      to: '',
      accepts: ({ parseUserFilter }) => parseUserFilter('constructor eq "x"').length === 1,
    },
    {
      title: '[S-46] refuse a filter of 100 KiB',
      from: 'if (text.length > scimLimits.filterCharacters.value) return null;',
      to: '',
      accepts: ({ parseUserFilter }) => parseUserFilter(`userName eq "${'x'.repeat(100 * 1_024)}"`).length === 1,
    },
  ]),
  ...mutantsOf<ScimPatch>('server/src/features/scim/http/scim-patch.ts', [
    {
      title: '[S-46] refuse a change of an attribute that is not in the list',
      from: 'return {};',
      to: 'return { [attribute]: value };',
      accepts: ({ parseUserPatch }) => Object.hasOwn(parseUserPatch(patch({ op: 'add', path: 'isSuperuser', value: true })), 'issuperuser'),
    },
    {
      title: '[S-46] refuse 10,000 members in one list',
      from: 'if (items.length > scimLimits.membersPerRequest.value) throw tooManyMembers();',
      to: '',
      accepts: ({ readMemberIds }) => readMemberIds(members).length === members.length,
    },
    {
      title: '[S-46] refuse 1,500 members in ten operations',
      from: 'if (named > Math.max(scimLimits.membersPerRequest.value, operations.length)) throw tooManyMembers();',
      to: '',
      async accepts({ parseGroupPatch }) {
        const parts = Array.from({ length: 10 }, (_, index) => members.slice(index * 150, index * 150 + 150));
        return (await parseGroupPatch(patch(...parts.map((value) => ({ op: 'add', path: 'members', value }))))).length === 10;
      },
    },
  ]),
  ...mutantsOf<AddressRules>('server/src/domain/address-rules.ts', [
    {
      title: '[S-48] refuse rules with an octal and a hexadecimal address',
      from: 'const family = isIP(address);',
      to: 'const family = ipaddr.isValid(address) ? 4 : 0;',
      accepts: ({ parseAddressRule }) => ['010.0.0.1', '0x7f.0.0.1'].every((text) => 'cidr' in parseAddressRule(text)),
    },
    {
      title: '[S-48] store an IPv4-mapped rule as the IPv4 one',
      from: 'parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress() && prefix >= 96',
      to: 'false',
      accepts({ parseAddressRule }) {
        const rule = parseAddressRule('::ffff:203.0.113.9');
        return 'cidr' in rule && rule.cidr !== '203.0.113.9';
      },
    },
  ]),
  ...mutantsOf<CallerAddress>('server/src/http/requests/caller-address.ts', [
    {
      title: '[S-48] refuse a caller with an octal address',
      from: 'isIP(address) !== 0 && ',
      to: '',
      accepts: (module) => addressFrom(module, '010.0.0.1') === '8.0.0.1',
    },
    {
      title: '[S-48] treat an IPv4-mapped caller as the IPv4 one',
      from: 'ipaddr.process(address)',
      to: 'ipaddr.parse(address)',
      accepts: (module) => addressFrom(module, '::ffff:203.0.113.9') !== '203.0.113.9',
    },
  ]),
];

describe('the checks of hostile input', () => {
  let sources: ChangedSources;
  before(async () => {
    sources = await ChangedSources.open();
  });
  after(() => sources[Symbol.asyncDispose]());

  /** Whether the module accepts the attack with the changes. */
  async function accepts(mutant: CheckMutant<unknown>, changes: readonly SourceChange[]): Promise<boolean> {
    const module = await sources.load(mutant.file, changes);
    try {
      return await mutant.accepts(module);
    } catch {
      return false;
    }
  }

  for (const mutant of checkMutants) {
    it(`${mutant.title}, but not without one of them`, async () => {
      assert.equal(await accepts(mutant, []), false, 'accepted with the check');
      assert.equal(await accepts(mutant, [mutant]), true, 'refused without the check');
    });
  }
});
