import { readFileSync } from 'node:fs';
import { isProductScope, orgRoleIds, type PermissionTable, productScopesMax, teamRoleIds } from '@rollcall/protocol';
import * as z from 'zod';
import { sortedKeys } from '../runtime/collections/sorted-keys.ts';
import { ConfigError } from './config-error.ts';

/** Several times the length of the longest table. Another file, given by mistake, is refused. */
const fileBytesMax = 64 * 1024;

const invalidName =
  'is not the name of a scope: use resource:action, each with up to 32 lower-case letters, digits, dots, underscores or hyphens, and no built-in resource such as org or project';

/**
 * Parses a list of roles. The result is in the order of `ids` and without duplicates, so that equal
 * tables have equal JSON.
 */
const rolesOf = <Id extends string>(ids: readonly Id[]) =>
  z
    .array(z.enum(ids, { error: `must be one of ${ids.join(', ')}` }), { error: 'must be a list of roles' })
    .default([])
    .transform((listed) => ids.filter((id) => listed.includes(id)));

const scopeSchema = z.strictObject({ orgRoles: rolesOf(orgRoleIds), teamRoles: rolesOf(teamRoleIds) }, { error: 'must be an object' });

const fileSchema = z.strictObject(
  {
    version: z.int({ error: 'must be a whole number from 1' }).min(1, 'must be a whole number from 1'),
    scopes: z
      .record(z.string(), scopeSchema, { error: 'must be an object with a key for each scope' })
      .superRefine((scopes, context) => {
        const names = Object.keys(scopes);
        if (names.length > productScopesMax) context.addIssue({ code: 'custom', message: `must have at most ${productScopesMax} scopes` });
        for (const name of names) if (!isProductScope(name)) context.addIssue({ code: 'custom', path: [name], message: invalidName });
      })
      .transform(sortedKeys),
  },
  { error: 'must contain an object' },
);

/**
 * Reads PERMISSIONS_FILE.
 * @throws ConfigError that names the file and each invalid key
 */
export function readPermissionsFile(file: string): PermissionTable {
  const refuse = (problem: string): never => {
    throw new ConfigError(`PERMISSIONS_FILE ${file} ${problem}`);
  };
  const parsed = fileSchema.safeParse(parseJson(readText(file, refuse), refuse));
  if (parsed.success) return parsed.data;
  return refuse(parsed.error.issues.map(describeIssue).join('; '));
}

function readText(file: string, refuse: (problem: string) => never): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return refuse(`cannot be read: ${(error as Error).message}`);
  }
  return Buffer.byteLength(text) > fileBytesMax ? refuse(`must have at most ${fileBytesMax} bytes`) : text;
}

function parseJson(text: string, refuse: (problem: string) => never): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return refuse(`is not valid JSON: ${(error as Error).message.replaceAll(/\s+/g, ' ')}`);
  }
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const key = issue.path.map((part) => (typeof part === 'number' ? `[${part}]` : `["${String(part)}"]`)).join('');
  const message =
    issue.code === 'unrecognized_keys' ? `has the unknown key ${issue.keys.map((name) => `"${name}"`).join(', ')}` : issue.message;
  return `${key} ${message}`.trim();
}
