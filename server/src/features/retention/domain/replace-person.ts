import { type AuditEntryRecord, type Json, type LogChange, type NamedPerson, type OrgRecord, personFactsOf } from '@rollcall/protocol';
import { replaceAddresses } from './addresses-in-text.ts';

/**
 * The replacement of a person's data in records of the past (REST contract 13.17). People are found
 * by id and by verified address, never by a name, because anyone can choose any name.
 */

/** A person whose data one organization may no longer store. */
export interface Person {
  /** Null for an invite that was never accepted. */
  readonly userId: string | null;
  readonly memberIds: readonly string[];
  /**
   * The verified addresses of the account, in lower case. They are replaced in all texts of the
   * organization.
   */
  readonly addresses: readonly string[];
  /**
   * Other addresses that the organization stored for the ids, in lower case. They may belong to
   * another person, so they are replaced only in entries about this one.
   */
  readonly unverifiedAddresses: readonly string[];
}

/** The replacement of a person's name and address. */
export interface Alias {
  readonly name: string;
  readonly email: string;
}

export function aliasOfUser(userId: string): Alias {
  return { name: `Erased user ${userId}`, email: `erased-${userId}@users.invalid` };
}

export function aliasOf({ userId, memberIds }: Pick<Person, 'userId' | 'memberIds'>): Alias {
  if (userId !== null) return aliasOfUser(userId);
  return { name: `Erased invite ${memberIds[0]}`, email: `erased-invite-${memberIds[0]}@users.invalid` };
}

/** Sorts the addresses of a person, without those of the alias. */
export function personOf(
  who: Pick<Person, 'userId' | 'memberIds'>,
  verified: Iterable<string>,
  stored: Iterable<string | null> = [],
): Person {
  const alias = aliasOf(who).email;
  const distinct = (texts: Iterable<string | null>) =>
    [...new Set([...texts].map((text) => (text ?? '').trim().toLowerCase()))].filter((text) => text !== '' && text !== alias);
  const addresses = distinct(verified);
  return { ...who, addresses, unverifiedAddresses: distinct(stored).filter((address) => !addresses.includes(address)) };
}

interface Redaction {
  readonly person: Person;
  readonly alias: Alias;
}

/**
 * Replaces the data of some people. Data that is replaced already stays as it is. Each lookup is by
 * a hash, so the number of people does not matter.
 */
export class Redactor {
  readonly #byUser = new Map<string, Redaction>();
  readonly #byMember = new Map<string, Redaction>();
  readonly #byAddress = new Map<string, Redaction>();

  constructor(people: readonly Person[]) {
    for (const person of people) {
      const redaction = { person, alias: aliasOf(person) };
      if (person.userId !== null) this.#byUser.set(person.userId, redaction);
      for (const id of person.memberIds) this.#byMember.set(id, redaction);
      for (const address of person.addresses) this.#byAddress.set(address, redaction);
    }
  }

  /** Replaces the verified addresses in a text that is not about one of the people. */
  text(text: string): string {
    return replaceAddresses(text, (address) => this.#byAddress.get(address)?.alias.email);
  }

  /** Whether the change is about one of the people, also after its replacement. */
  isAbout({ kind, before, after }: LogChange): boolean {
    const { people } = personFactsOf(kind);
    return [before, after].some((record) => record !== null && people.some((named) => this.#redactionOf(named, record)));
  }

  auditEntry(entry: AuditEntryRecord): AuditEntryRecord {
    return this.record('audit-entry', entry as unknown as OrgRecord) as unknown as AuditEntryRecord;
  }

  /** A change of the log. Records of kinds without persons stay as they are. */
  change({ kind, id, before, after }: LogChange): LogChange {
    const redacted = (record: LogChange['after']) => record && this.record(kind, record);
    return { kind, id, before: redacted(before), after: redacted(after) };
  }

  /** Replaces the fields that `recordKinds` names for the kind, if their ids are of the people. */
  record<Kept extends OrgRecord>(kind: string, record: Kept): Kept {
    const { people, texts = [] } = personFactsOf(kind);
    const about = new Set<Redaction>();
    let redacted: OrgRecord = record;
    for (const named of people) {
      const redaction = this.#redactionOf(named, record);
      if (!redaction) continue;
      about.add(redaction);
      redacted = replacePerson(redacted, named, redaction.alias);
    }
    for (const path of texts) redacted = replaceAt(redacted, path, (value) => this.#texts(value, about));
    return redacted as Kept;
  }

  #redactionOf({ userIds = [], memberIds = [], addressWithoutUser }: NamedPerson, record: OrgRecord): Redaction | undefined {
    const users = userIds.map((path) => valueAt(record, path)).filter((id) => typeof id === 'string');
    if (users.length > 0) return users.map((id) => this.#byUser.get(id)).find(Boolean);
    const members = memberIds.map((path) => this.#byMember.get(String(valueAt(record, path))));
    const address = addressWithoutUser === undefined ? null : valueAt(record, addressWithoutUser);
    return members.find(Boolean) ?? (typeof address === 'string' ? this.#byAddress.get(address.toLowerCase()) : undefined);
  }

  /** Replaces addresses in a text, or in the texts of an object. */
  #texts(value: Json, about: ReadonlySet<Redaction>): Json {
    if (typeof value === 'string') {
      const own = new Map(
        [...about].flatMap(({ person, alias }) => person.unverifiedAddresses.map((address) => [address, alias] as const)),
      );
      return replaceAddresses(value, (address) => (this.#byAddress.get(address)?.alias ?? own.get(address))?.email);
    }
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, text]) => [key, this.#texts(text, about)]));
  }
}

function replacePerson(record: OrgRecord, { names = [], addresses = [], cleared = [] }: NamedPerson, alias: Alias): OrgRecord {
  // The name of an invite is its address.
  const own = new Set(addresses.map((path) => valueAt(record, path)));
  let redacted = record;
  for (const path of names) redacted = replaceAt(redacted, path, (name) => (name ? (own.has(name) ? alias.email : alias.name) : name));
  for (const path of addresses) redacted = replaceAt(redacted, path, (address) => (address === null ? null : alias.email));
  for (const path of cleared) redacted = replaceAt(redacted, path, () => null);
  return redacted;
}

function valueAt(record: OrgRecord, path: string): Json | undefined {
  let value: Json | undefined = record;
  for (const field of path.split('.')) value = isObject(value) ? value[field] : undefined;
  return value;
}

/** A record without the field stays as it is. */
function replaceAt<Value extends { readonly [field: string]: Json }>(object: Value, path: string, replace: (value: Json) => Json): Value {
  const [field, ...rest] = path.split('.') as [string, ...string[]];
  const value = object[field];
  if (value === undefined) return object;
  if (rest.length === 0) return { ...object, [field]: replace(value) };
  return isObject(value) ? { ...object, [field]: replaceAt(value, rest.join('.'), replace) } : object;
}

function isObject(value: Json | undefined): value is { readonly [field: string]: Json } {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
