import type { Operation, OperationAt } from '../operations.ts';
import type { JsonSchema } from '../schemas.ts';

/**
 * The variables of the shell that the command lines use. Parts of a path are further variables, in
 * lower case, because `USER` has a meaning of its own.
 */
export const curlVariables = {
  ROLLCALL_URL: 'the address of this server',
  TOKEN: 'a user token',
  SCIM_TOKEN: 'the token of the organization for SCIM',
  OPERATOR_TOKEN: 'the operator token',
  SESSION: 'the value of the session cookie',
} as const;
type Variable = keyof typeof curlVariables;

/** Returns the command line that calls an operation. */
export function curlOf({ method, path, operation }: OperationAt): string {
  const url = `"$ROLLCALL_URL${path.replaceAll(/\{(\w+)\}/g, '$$$1')}${queryOf(operation)}"`;
  const verb = method === 'get' ? '' : ` -X ${method.toUpperCase()}`;
  const parts = [`curl${verb} ${url}`, ...credentialOf(operation), ...bodyOf(operation)];
  return parts.join(' \\\n  ');
}

/** Returns the required parameters of the query. */
function queryOf({ parameters }: Operation): string {
  const required = parameters.flatMap((one) => ('$ref' in one || one.in !== 'query' || !one.required ? [] : [one]));
  const pairs = required.map(({ name, schema }) => `${name}=${choiceOf(schema) ?? `$${name}`}`);
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

function choiceOf({ const: only, enum: choices = [] }: JsonSchema): unknown {
  return only ?? choices[0];
}

function credentialOf({ security }: Operation): string[] {
  const accepts = (scheme: string) => security.some((one) => scheme in one);
  const bearer = (variable: Variable) => [`-H "Authorization: Bearer $${variable}"`];
  if (security.some((one) => Object.keys(one).length === 0)) return [];
  if (accepts('operator')) return bearer('OPERATOR_TOKEN');
  if (accepts('scimToken')) return bearer('SCIM_TOKEN');
  return accepts('token') ? bearer('TOKEN') : ['-b "rollcall_session=$SESSION"'];
}

function bodyOf({ requestBody }: Operation): string[] {
  const [type, media] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  if (!type || !media) return [];
  const data =
    type === 'application/json' ? `-d '${JSON.stringify(media.example ?? {}).replaceAll("'", "'\\''")}'` : '--data-binary "@$file"';
  return [`-H 'Content-Type: ${type}'`, data];
}
