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
const schemas = { url, hosts, key: text, secret: text, text };

const allSettings: readonly ProviderSetting[] = integrationProviders.flatMap((provider) => Object.values(definitionOf(provider).settings));

/**
 * The variables, which are part of the environment's schema. Their names are not part of the type,
 * because only `readIntegrationSettings` reads them.
 */
export const integrationVariables: Readonly<Record<never, z.ZodType>> = Object.fromEntries(
  allSettings.map(({ variable, kind, default: fallback }) => {
    const schema = schemas[kind ?? 'text'];
    return [variable, fallback === undefined ? optional(schema) : withDefault(schema, fallback)];
  }),
);

/** The variables that are secrets. Each can also be given as a file. */
export const integrationSecrets: readonly string[] = allSettings
  .filter(({ kind }) => kind === 'key' || kind === 'secret')
  .map(({ variable }) => variable);

/** @throws ConfigError naming the missing variables of a provider */
export function readIntegrationSettings(values: Values): IntegrationSettings {
  return Object.fromEntries(integrationProviders.map((key) => [key, readSettings(key, values)])) as IntegrationSettings;
}

function readSettings(provider: IntegrationProvider, values: Values): Readonly<Record<string, string>> | null {
  const rows = Object.entries(definitionOf(provider).settings).map(([name, setting]) => {
    const value = values[setting.variable] as string | undefined;
    // A key on one line may contain `\n` in place of line breaks.
    return { name, setting, value: setting.kind === 'key' ? value?.replaceAll('\\n', '\n') : value };
  });
  const required = rows.filter(({ setting }) => setting.default === undefined);
  const missing = required.filter(({ value }) => value === undefined);
  if (missing.length === 0) return Object.fromEntries(rows.map(({ name, value }) => [name, value!]));
  if (missing.length === required.length) return null;
  const namesOf = (list: typeof rows) => list.map(({ setting }) => setting.variable).join(', ');
  throw new ConfigError(`${namesOf(required)} must be set together. Missing: ${namesOf(missing)}`);
}
