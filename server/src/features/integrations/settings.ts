import { readFileSync } from 'node:fs';
import {
  definitionOf,
  type IntegrationProvider,
  integrationProviders,
  type ProviderSetting,
  type ProviderSettings,
} from '@rollcall/protocol';
import * as z from 'zod';
import { ConfigError } from '../../config/config-error.ts';
import { optional, urlOf, withDefault } from '../../config/variables.ts';

/**
 * The operator's accounts at the providers of integrations, null for a provider that is not
 * configured. A provider needs all of its variables or none, except those with a default. None of
 * the values is ever logged.
 */
export type IntegrationSettings = { readonly [Key in IntegrationProvider]: ProviderSettings<Key> | null };

/** The values of the environment's schema. Only the variables of providers are read. */
type Values = Readonly<Record<string, unknown>>;

/** After `*.` at least two labels, since anyone can register a name below a top-level domain. */
const host = /^(\*\.[a-z0-9-]+\.)?[a-z0-9-]+(\.[a-z0-9-]+)*$/;
const hosts = z
  .string()
  .transform((text) =>
    text
      .toLowerCase()
      .split(/[\s,]+/)
      .filter(Boolean),
  )
  .refine((list) => list.length > 0 && list.every((one) => host.test(one)), 'must contain only host names, such as *.example.com')
  .transform((list) => list.join(' '));
const url = z
  .string()
  .trim()
  .pipe(urlOf('https:', 'http:'))
  .transform((text) => text.replace(/\/+$/, ''));
const text = z.string().trim();
const schemas = { url, hosts, key: text, text };

const fileOf = (variable: string) => `${variable}_FILE`;

/**
 * The variables, which are part of the environment's schema. Their names are not part of the type,
 * because only `readIntegrationSettings` reads them.
 */
export const integrationVariables: Readonly<Record<never, z.ZodType>> = Object.fromEntries(
  integrationProviders.flatMap((provider) => Object.values(definitionOf(provider).settings).flatMap(schemasOf)),
);

function schemasOf({ variable, kind, default: fallback }: ProviderSetting) {
  const schema = schemas[kind ?? 'text'];
  const own = [variable, fallback === undefined ? optional(schema) : withDefault(schema, fallback)] as const;
  return kind === 'key' ? [own, [fileOf(variable), optional(text)] as const] : [own];
}

/** @throws ConfigError naming the missing variables of a provider */
export function readIntegrationSettings(values: Values): IntegrationSettings {
  return Object.fromEntries(integrationProviders.map((key) => [key, readSettings(key, values)])) as IntegrationSettings;
}

function readSettings(provider: IntegrationProvider, values: Values): Readonly<Record<string, string>> | null {
  const rows = Object.entries(definitionOf(provider).settings).map(([name, setting]) => {
    return {
      name,
      setting,
      value: setting.kind === 'key' ? readKey(setting.variable, values) : (values[setting.variable] as string | undefined),
    };
  });
  const required = rows.filter(({ setting }) => setting.default === undefined);
  const missing = required.filter(({ value }) => value === undefined);
  if (missing.length === 0) return Object.fromEntries(rows.map(({ name, value }) => [name, value!]));
  if (missing.length === required.length) return null;
  const namesOf = (list: typeof rows) => list.map(({ setting }) => setting.variable).join(', ');
  throw new ConfigError(`${namesOf(required)} must be set together. Missing: ${namesOf(missing)}`);
}

/** A variable on one line may contain `\n` in place of line breaks. */
function readKey(variable: string, values: Values): string | undefined {
  const [key, file] = [values[variable], values[fileOf(variable)]] as (string | undefined)[];
  if (key !== undefined && file !== undefined) {
    throw new ConfigError(`${variable} and ${fileOf(variable)} must not be set together. Set one of them`);
  }
  if (file === undefined) return key?.replaceAll('\\n', '\n');
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new ConfigError(`${fileOf(variable)} cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}`);
  }
}
