import { type Collection, collectionSchema, collections, eventTypes, groupOf, OrgError } from '@rollcall/protocol';
import * as z from 'zod';
import { invalidFields } from '../../domain/field-errors.ts';
import { fieldLimits } from '../../runtime/limits/rows/fields.ts';

/** The parameters of the changes API. */

export interface ChangesQuery {
  readonly after: string | null;
  readonly collections: readonly Collection[] | null;
  wants(type: string): boolean;
}

export const viewParameters = {
  collections: z
    .array(z.enum(collections))
    .optional()
    .describe('Only records of these collections, as in a subscription. Several values are separated by commas or repeated.'),
};

export const eventParameters = {
  ...viewParameters,
  after: z.string().optional().describe('A cursor, or `floor` for all that the log contains. Default: only events from now on.'),
  types: z
    .array(z.string())
    .optional()
    .describe('Only events of these types, such as `member.roleChanged`, or `member.*` for a group. Separated by commas or repeated.'),
};

/** @throws OrgError `invalid` */
export function parseChangesQuery(query: URLSearchParams): ChangesQuery {
  return { after: query.get('after') || null, collections: parseCollections(query), wants: parseTypes(query) };
}

/** @throws OrgError `invalid` */
export function parseWhole(query: URLSearchParams, name: string, min: number, max: number, absent: number): number {
  const text = query.get(name);
  if (text === null) return absent;
  const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max)) throw invalidFields({ [name]: [`${name} must be a whole number from ${min} to ${max}.`] });
  return value;
}

function parseCollections(query: URLSearchParams): readonly Collection[] | null {
  const names = listOf(query, 'collections');
  if (names.length === 0) return null;
  const unknown = names.find((name) => !collectionSchema.safeParse(name).success);
  if (unknown !== undefined || names.length > collections.length) {
    const problem = unknown === undefined ? `At most ${collections.length} collections can be named.` : `${unknown} is not a collection.`;
    throw invalidFields({ collections: [problem] });
  }
  return names as Collection[];
}

const knownTypes: ReadonlySet<string> = new Set([...eventTypes, 'record.changed']);
const knownGroups: ReadonlySet<string> = new Set([...knownTypes].map(groupOf));

function parseTypes(query: URLSearchParams): (type: string) => boolean {
  const names = listOf(query, 'types');
  if (names.length === 0) return () => true;
  const unknown = names.find((name) => !knownTypes.has(name) && !knownGroups.has(name));
  if (unknown !== undefined) throw invalidFields({ types: [`${unknown} is not a type of events. /api/docs lists them.`] });
  const wanted = new Set(names);
  return (type) => wanted.has(type) || wanted.has(groupOf(type));
}

function listOf(query: URLSearchParams, name: string): string[] {
  const names = query.getAll(name).flatMap((value) => value.split(','));
  if (names.length > fieldLimits.queryValues.value)
    throw new OrgError('invalid', `${name} has more than ${fieldLimits.queryValues.value} values.`);
  return names.filter((value) => value !== '');
}
