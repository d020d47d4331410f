import { invalidFields } from '../../../domain/field-errors.ts';
import { type FieldDescription, messages, nameField } from '../../../http/requests/fields.ts';
import { flatMapYielding, mapYielding } from '../../../runtime/tasks/map-yielding.ts';
import { findUnstorable } from '../../../runtime/text/storable-text.ts';
import type { GroupStep } from '../domain/groups.ts';
import type { ScimUserChange } from '../domain/users.ts';
import { scimLimits } from '../limits.ts';
import { parsePath, readAttribute, readBoolean } from './scim-filter.ts';
import { scimProblem } from './scim-problem.ts';

/**
 * The bodies of PATCH requests (RFC 7644, section 3.5.2), as a closed list of changes. Identity
 * providers spell the same change in many ways, which all have the same result here.
 */

export const externalIdDescription: FieldDescription = {
  type: ['string', 'null'],
  maxLength: scimLimits.externalIdLength.value,
  description: 'The id at the identity provider.',
};
/** The maximum length of a team's name. */
const groupNameMax = 64;
export const groupNameField = nameField({ max: groupNameMax });

interface Operation {
  readonly op: 'add' | 'remove' | 'replace';
  /** Null without a path. */
  readonly path: string | null;
  readonly value: unknown;
}

/**
 * The change of a user. Attributes that this server does not keep are ignored.
 * @throws OrgError `invalid`
 */
export function parseUserPatch(body: unknown): ScimUserChange {
  const operations = givenOperations(body, scimLimits.operations.value).map(readOperation);
  if (operations.length > scimLimits.operations.value)
    throw invalidFields({ operations: [`Ensure this field has no more than ${scimLimits.operations.value} elements.`] });
  return merge(operations.map(readUserOperation));
}

/** A later change of an attribute replaces an earlier one. */
function merge(changes: readonly ScimUserChange[]): ScimUserChange {
  const merged: ScimUserChange = {};
  for (const change of changes) Object.assign(merged, change);
  return merged;
}

function readUserOperation({ op, path, value }: Operation): ScimUserChange {
  if (path !== null) return readUserAttribute(parsePath(path).attribute, value, op);
  if (!isObject(value)) throw scimProblem('Invalid Patch Operation.', 'invalidValue');
  return merge(attributesOf(value).map(([name, given]) => readUserAttribute(name, given, op)));
}

function readUserAttribute(attribute: string, value: unknown, op: Operation['op'] = 'replace'): ScimUserChange {
  const isRemoval = op === 'remove';
  if (attribute === 'active') {
    const active = isRemoval ? null : readBoolean(value);
    if (active === null) throw scimProblem('Invalid Patch Operation.', 'invalidValue');
    return { active };
  }
  if (attribute === 'sentryorgrole') return { role: isRemoval ? '' : readRole(value) };
  if (attribute === 'externalid') return { externalId: isRemoval ? null : readExternalId(value) };
  return {};
}

/**
 * The change of a whole user, as PUT sends it. An absent role is treated as a blank one. An absent
 * external id stays.
 * @throws OrgError `invalid`
 */
export function parseWholeUser(body: unknown): ScimUserChange {
  const changes = attributesOf(readObject(body)).map(([name, value]) => readUserAttribute(name, value));
  return merge([{ role: '' }, ...changes]);
}

/**
 * The same for a user who exists. A body without `userName` is not the whole user, so it removes no
 * one.
 * @throws OrgError `invalid`
 */
export function parseReplacedUser(body: unknown): ScimUserChange {
  const change = parseWholeUser(body);
  const userName = attributesOf(readObject(body)).find(([name]) => name === 'username')?.[1];
  if (change.active === false && (typeof userName !== 'string' || userName.trim() === ''))
    throw scimProblem('The body must be the whole user. It has no userName.', 'invalidValue');
  return change;
}

/**
 * The steps of a change of a group, in their order. Some providers send an operation per member,
 * and the grammar of their paths takes long to parse.
 * @throws OrgError `invalid`
 */
export async function parseGroupPatch(body: unknown): Promise<readonly GroupStep[]> {
  if (fieldOf(readObject(body), 'schemas') === undefined) throw invalidFields({ schemas: [messages.required] });
  const operations = await mapYielding(givenOperations(body, scimLimits.groupOperations.value), readOperation);
  if (operations.length > scimLimits.groupOperations.value)
    throw scimProblem(`Too many patch ops sent, limit is ${scimLimits.groupOperations.value}.`);
  const steps = await flatMapYielding(operations, readGroupOperation);
  const named = steps.reduce((sum, step) => sum + ('memberIds' in step ? step.memberIds.length : 0), 0);
  // A request with few operations may name as many members as before there could be more.
  if (named > Math.max(scimLimits.membersPerRequest.value, operations.length)) throw tooManyMembers();
  return steps;
}

function readGroupOperation({ op, path, value }: Operation): readonly GroupStep[] {
  if (path === null) {
    if (op !== 'replace' || !isObject(value)) throw scimProblem('Invalid Patch Operation.', 'invalidPath');
    const steps = attributesOf(value).flatMap(([attribute, given]) => readGroupAttribute(attribute, given));
    if (steps.length === 0) throw unknownGroupAttribute();
    return steps;
  }
  const { attribute, memberId } = parsePath(path);
  if (attribute === 'members') {
    if (memberId === null) return [{ kind: op, memberIds: readMemberIds(value) }];
    if (op !== 'remove') throw scimProblem('Invalid Patch Operation.', 'invalidPath');
    return [{ kind: 'remove', memberIds: [memberId] }];
  }
  if (op === 'remove' && attribute === 'externalid') return [{ kind: 'external-id', externalId: null }];
  if (op === 'remove') throw scimProblem('Invalid Patch Operation.', 'invalidPath');
  const steps = readGroupAttribute(attribute, value);
  if (steps.length === 0) throw unknownGroupAttribute();
  return steps;
}

function readGroupAttribute(attribute: string, value: unknown): readonly GroupStep[] {
  if (attribute === 'members') return [{ kind: 'replace', memberIds: readMemberIds(value) }];
  if (attribute === 'externalid') return [{ kind: 'external-id', externalId: readExternalId(value) }];
  if (attribute !== 'displayname') return [];
  return [{ kind: 'rename', name: readGroupName(value) }];
}

/** @throws OrgError `invalid` */
function readGroupName(value: unknown): string {
  const { data, error } = groupNameField.safeParse(value);
  if (error) throw invalidFields({ displayName: error.issues.map(({ message }) => message) });
  return data;
}

/**
 * The ids of members, as a list of `{"value": "23"}` or one of them. They may be unknown.
 * @throws OrgError `invalid`
 */
export function readMemberIds(value: unknown): readonly string[] {
  const items = Array.isArray(value) ? value : [value];
  if (items.length > scimLimits.membersPerRequest.value) throw tooManyMembers();
  return items.map((item) => {
    const id: unknown = isObject(item) ? fieldOf(item, 'value') : item;
    if (typeof id === 'number' && Number.isSafeInteger(id)) return String(id);
    if (typeof id !== 'string') throw scimProblem('Each member must be an object with a value.', 'invalidValue');
    return id;
  });
}

/** @throws OrgError `invalid` */
export function readExternalId(value: unknown): string | null {
  if (value === null || value === '') return null;
  if (typeof value !== 'string') throw invalidFields({ externalId: [messages.notString] });
  if (findUnstorable(value) !== null || value.length > scimLimits.externalIdLength.value)
    throw invalidFields({ externalId: [messages.tooLong(scimLimits.externalIdLength.value)] });
  return value;
}

/** Roles are compared without case. An unknown one is refused by the command. */
function readRole(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value.trim().toLowerCase() : 'unknown';
}

/** At most one operation beyond the maximum, which is enough to refuse the request. */
function givenOperations(body: unknown, max: number): readonly unknown[] {
  const given = fieldOf(readObject(body), 'operations');
  if (given === undefined) throw invalidFields({ Operations: [messages.required] });
  if (!Array.isArray(given)) throw invalidFields({ Operations: [messages.notList(given)] });
  return given.slice(0, max + 1);
}

function readOperation(given: unknown): Operation {
  if (!isObject(given)) throw scimProblem('Each operation must be an object.', 'invalidSyntax');
  const [op, path, value] = ['op', 'path', 'value'].map((name) => fieldOf(given, name));
  const word = typeof op === 'string' ? op.toLowerCase() : op;
  if (word !== 'add' && word !== 'remove' && word !== 'replace') throw invalidFields({ op: [messages.notChoice(op)] });
  if (path !== undefined && path !== null && typeof path !== 'string') throw scimProblem('The path is not valid.', 'invalidPath');
  return { op: word, path: path ?? null, value };
}

/** @throws OrgError `invalid` */
function readObject(body: unknown): Readonly<Record<string, unknown>> {
  if (!isObject(body)) throw scimProblem('The body must be an object.', 'invalidSyntax');
  return body;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** SCIM ignores the case of names. Undefined without such a field. */
function fieldOf(object: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.entries(object).find(([key]) => key.toLowerCase() === name)?.[1];
}

function attributesOf(value: Readonly<Record<string, unknown>>): (readonly [attribute: string, value: unknown])[] {
  return Object.entries(value).map(([key, given]) => [readAttribute(key), given] as const);
}

function tooManyMembers() {
  return scimProblem(`A request may name at most ${scimLimits.membersPerRequest.value} members.`, 'tooMany');
}

function unknownGroupAttribute() {
  return scimProblem('Invalid Replace attr. Only displayName and members supported.', 'invalidPath');
}
