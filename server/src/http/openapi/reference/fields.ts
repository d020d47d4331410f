import type { JsonSchema } from '../schemas.ts';
import { code, line } from './prose.ts';

/** Renders a schema for people: its type in words, and its fields. */

export interface Row {
  readonly name: string;
  readonly isRequired: boolean;
  /** Where a parameter is sent: `path`, `query` or `header`. */
  readonly place?: string;
  readonly schema: JsonSchema;
  readonly description?: string | undefined;
}

/** Renders a list of fields. The fields of a nested object follow it as `outer.inner`. */
export function fieldList(rows: readonly Row[], requiredWord = 'required'): string {
  const items = rows.flatMap((row) => [row, ...rowsInside(row)]).map((row) => fieldItem(row, requiredWord));
  return items.length === 0 ? '' : `<dl class="fields">${items.join('')}</dl>`;
}

function fieldItem({ name, isRequired, place, schema, description = schema.description }: Row, requiredWord: string): string {
  const marks = [
    ...(place ? [place] : []),
    ...(isRequired && requiredWord ? [requiredWord] : []),
    ...(schema.deprecated ? ['deprecated'] : []),
  ];
  const said = [
    `<span class="type">${typeOf(schema)}${limitsOf(schema)}</span>`,
    ...(description ? [`<span class="what">${line(description)}</span>`] : []),
  ];
  return `<div><dt>${code(name)}${marks.map((mark) => ` <span class="mark">${mark}</span>`).join('')}</dt><dd>${said.join(' ')}</dd></div>`;
}

/** Returns the fields of an object. */
export function rowsOf(schema: JsonSchema, prefix = ''): Row[] {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).map(([name, property]) => ({
    name: prefix + name,
    isRequired: required.has(name),
    schema: property as JsonSchema,
  }));
}

function rowsInside({ name, schema }: Row): Row[] {
  const rows = objectsIn(schema, name).flatMap(({ at, object }) => rowsOf(object, `${at}.`));
  return rows.flatMap((row) => [row, ...rowsInside(row)]);
}

/** Returns the unnamed objects in a schema. Named ones are described elsewhere. */
function objectsIn(schema: JsonSchema, at: string): { readonly at: string; readonly object: JsonSchema }[] {
  if (schema.properties) return [{ at, object: schema }];
  if (schema.items) return objectsIn(schema.items as JsonSchema, `${at}[]`);
  return (schema.anyOf ?? []).flatMap((branch) => objectsIn(branch as JsonSchema, at));
}

export function typeOf(schema: JsonSchema): string {
  if (schema.$ref) return referenceTo(schema.$ref);
  if (schema.const !== undefined) return code(JSON.stringify(schema.const));
  if (schema.enum) return schema.enum.map((value) => code(JSON.stringify(value))).join(' or ');
  if (schema.anyOf) return [...new Set(schema.anyOf.map((branch) => typeOf(branch as JsonSchema)))].join(' or ');
  if (schema.type === 'array') {
    if (schema.maxItems === 0) return 'an empty list';
    return schema.items ? `list of ${typeOf(schema.items as JsonSchema)}` : 'list';
  }
  if (schema.type === 'object') {
    const isEmpty = schema.properties !== undefined && Object.keys(schema.properties).length === 0;
    return isEmpty ? 'an empty object' : 'object';
  }
  const types = [schema.type ?? 'anything'].flat().join(' or ');
  return schema.format ? `${types} (${schema.format})` : types;
}

function limitsOf({ minLength = 0, maxLength, minimum, maximum, maxItems = 0, default: preset }: JsonSchema): string {
  const hasMaximum = maximum !== undefined && maximum !== Number.MAX_SAFE_INTEGER;
  const range = [...(minimum === undefined ? [] : [`from ${minimum}`]), ...(hasMaximum ? [`to ${maximum}`] : [])].join(' ');
  const limits = [
    ...(minLength > 1 ? [`at least ${minLength} characters`] : []),
    ...(maxLength === undefined ? [] : [`at most ${maxLength} characters`]),
    ...(range === '' ? [] : [range]),
    ...(maxItems > 0 ? [`at most ${maxItems}`] : []),
    ...(preset === undefined ? [] : [`default ${preset}`]),
  ];
  return limits.length === 0 ? '' : `, ${limits.join(', ')}`;
}

function referenceTo(reference: string): string {
  const name = reference.slice(reference.lastIndexOf('/') + 1);
  return `<a href="#schema-${name}">${name}</a>`;
}
