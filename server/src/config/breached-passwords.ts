import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { ConfigError } from './config-error.ts';
import { optional, urlOf } from './variables.ts';

/** The settings of the source of breached passwords. */
export const breachVariables = {
  BREACHED_PASSWORDS_URL: optional(urlOf('http:', 'https:')),
  BREACHED_PASSWORDS_LIST: optional(z.string().trim()),
};

export type BreachedPasswordsSource =
  /** The address of ranges, which ends with a slash. */
  { readonly kind: 'url'; readonly url: string } | { readonly kind: 'list'; readonly path: string };

type Values = { readonly [Name in keyof typeof breachVariables]?: z.infer<(typeof breachVariables)[Name]> };

/** @throws ConfigError if both are set, or if the list can't be read */
export function readBreachedPasswords({
  BREACHED_PASSWORDS_URL: url,
  BREACHED_PASSWORDS_LIST: list,
}: Values): BreachedPasswordsSource | null {
  if (url !== undefined && list !== undefined)
    throw new ConfigError('BREACHED_PASSWORDS_URL and BREACHED_PASSWORDS_LIST are set. Set only one');
  if (url !== undefined) return { kind: 'url', url: url.endsWith('/') ? url : `${url}/` };
  if (list === undefined) return null;
  try {
    accessSync(list, constants.R_OK);
  } catch {
    throw new ConfigError(`BREACHED_PASSWORDS_LIST names ${list}, which can't be read. Correct the path or the rights`);
  }
  return { kind: 'list', path: path.resolve(list) };
}
