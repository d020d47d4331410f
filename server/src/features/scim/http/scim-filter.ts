import { type Filter, parse } from 'scim2-parse-filter';
import { isStorable } from '../../../runtime/text/storable-text.ts';
import { scimLimits } from '../limits.ts';
import { scimProblem } from './scim-problem.ts';

/**
 * Filters of lists and paths of changes (RFC 7644, sections 3.4.2.2 and 3.5.2). A library parses
 * their grammar. The attributes come from closed lists, so that no text of a client ever becomes a
 * key of an object.
 */

export type UserAttribute = 'userName' | 'externalId' | 'id' | 'active';
export type GroupAttribute = 'displayName' | 'externalId' | 'id' | 'members';

/** The condition that an attribute equals a value. */
export interface Term<Attribute> {
  readonly attribute: Attribute;
  readonly value: string | boolean;
}

/** The attributes that a filter may name, in lower case: SCIM ignores their case. */
const userAttributes: ReadonlyMap<string, UserAttribute> = new Map([
  ['username', 'userName'],
  ['emails.value', 'userName'],
  ['externalid', 'externalId'],
  ['id', 'id'],
  ['value', 'id'],
  ['active', 'active'],
]);
const groupAttributes: ReadonlyMap<string, GroupAttribute> = new Map([
  ['displayname', 'displayName'],
  ['externalid', 'externalId'],
  ['id', 'id'],
  ['value', 'id'],
  ['members', 'members'],
  ['members.value', 'members'],
]);

/**
 * The terms of a filter of users, all of which must hold. Empty without a filter.
 * @throws OrgError `invalid` for everything but up to five `eq` terms that are joined by `and`
 */
export function parseUserFilter(text: string | null): readonly Term<UserAttribute>[] {
  return parseTerms(text, userAttributes);
}

/**
 * The same for a filter of groups.
 * @throws OrgError `invalid`
 */
export function parseGroupFilter(text: string | null): readonly Term<GroupAttribute>[] {
  return parseTerms(text, groupAttributes);
}

function parseTerms<Attribute extends string>(text: string | null, attributes: ReadonlyMap<string, Attribute>): readonly Term<Attribute>[] {
  if (text === null) return [];
  const filter = parseGrammar(text);
  if (filter === null) throw invalidFilter();
  const terms = filter.op === 'and' && 'filters' in filter ? filter.filters : [filter];
  if (terms.length > scimLimits.filterTerms.value) throw invalidFilter();
  return terms.map((term) => readTerm(term, attributes));
}

function readTerm<Attribute extends string>(term: Filter, attributes: ReadonlyMap<string, Attribute>): Term<Attribute> {
  if (term.op !== 'eq' || !('compValue' in term)) throw invalidFilter();
  const attribute = attributes.get(withoutSchema(term.attrPath));
  if (attribute === undefined) throw invalidFilter();
  const value = attribute === 'active' ? readBoolean(term.compValue) : readText(term.compValue);
  if (value === null) throw invalidFilter();
  return { attribute, value };
}

function readText(value: unknown): string | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : null;
  return typeof value === 'string' && isStorable(value) ? value : null;
}

/** Clients send booleans as such, or as text in any case. Null for any other value. */
export function readBoolean(value: unknown): boolean | null {
  if (typeof value === 'boolean') return value;
  const word = typeof value === 'string' ? value.trim().toLowerCase() : '';
  return word === 'true' ? true : word === 'false' ? false : null;
}

function invalidFilter() {
  return scimProblem('The filter is not supported.', 'invalidFilter');
}

/** The target of a change. */
export interface AttributePath {
  /** In lower case, such as `name.givenname`. */
  readonly attribute: string;
  /** The id in `members[value eq "23"]`. Null without such a filter. */
  readonly memberId: string | null;
}

/** Names with a meaning in JavaScript. The grammar of SCIM allows them, but no schema has them. */
const reservedNames: ReadonlySet<string> = new Set(['constructor', 'prototype']);
const attributePattern = /^[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)?$/;
const extensionPattern = /^urn:[a-z0-9:._-]+$/;

/** Paths that a request may contain thousands of times. The grammar takes too long for them. */
const memberPathPattern = /^members(?:\[value eq "(\d+)"\])?$/;

/** @throws OrgError `invalid` for a path that is not in the grammar, or names a reserved name */
export function parsePath(text: string): AttributePath {
  if (text.length > scimLimits.filterCharacters.value) throw invalidPath();
  const path = text.trim();
  const known = memberPathPattern.exec(path);
  if (known) return { attribute: 'members', memberId: known[1] ?? null };
  // The library parses filters only. A path becomes one by the operator `pr`. A path that ends with
  // a filter in brackets is one already.
  const filter = parseGrammar(path.endsWith(']') ? path : `${path} pr`);
  if (filter === null) throw invalidPath();
  if ('valFilter' in filter) {
    const attribute = readAttribute(filter.attrPath);
    return { attribute, memberId: attribute === 'members' ? readMemberId(filter.valFilter) : null };
  }
  // The library reads `emails[type eq "work"].value pr` as two filters.
  const last = filter.op === 'and' && 'filters' in filter ? filter.filters.at(-1)! : filter;
  if (last.op !== 'pr' || !('attrPath' in last)) throw invalidPath();
  return { attribute: readAttribute(last.attrPath), memberId: null };
}

/** @throws OrgError `invalid` for a name that no attribute can have */
export function readAttribute(name: string): string {
  const attribute = withoutSchema(name);
  if (extensionPattern.test(attribute)) return attribute;
  if (!attributePattern.test(attribute) || attribute.split('.').some((part) => reservedNames.has(part))) throw invalidPath();
  return attribute;
}

/** @throws OrgError `invalid` for a filter that does not select one member by id */
function readMemberId(filter: Filter): string {
  const id = filter.op === 'eq' && 'compValue' in filter && withoutSchema(filter.attrPath) === 'value' ? readText(filter.compValue) : null;
  if (id === null) throw invalidPath();
  return id;
}

const coreSchema = /^urn:ietf:params:scim:schemas:core:2\.0:(user|group):/;

/**
 * In lower case. `urn:ietf:params:scim:schemas:core:2.0:User:userName` becomes `username`. Names of
 * other schemas stay whole, so that the `active` of an extension is not that of the user.
 */
function withoutSchema(path: string): string {
  return path.toLowerCase().replace(coreSchema, '');
}

function invalidPath() {
  return scimProblem('The path is not valid.', 'invalidPath');
}

/**
 * Null for a text that is too long or not in the grammar, which has no line breaks. The library's
 * pattern for a quoted text matches each of them in two ways. An open quote with 40 line breaks
 * would block the event loop for hours.
 */
function parseGrammar(text: string): Filter | null {
  if (text.length > scimLimits.filterCharacters.value) return null;
  const trimmed = text.trim();
  if (trimmed.includes('\n')) return null;
  try {
    return parse(trimmed);
  } catch {
    return null;
  }
}
