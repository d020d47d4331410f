import { defaultProjectSettings, orgRoleIds, type ProjectOptions, type ProjectSettings } from '@rollcall/protocol';
import { describeFields, projectOptionDescriptions, projectSettingDescriptions } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { fieldLimits } from '../../../runtime/limits/rows/fields.ts';
import {
  booleanField,
  choiceField,
  dictionaryField,
  field,
  integerField,
  listField,
  messages,
  nullable,
  type Refuse,
  stringField,
} from '../../requests/fields.ts';
import { crashReports, fieldNamesField, jsonTextField } from '../organizations/organization-fields.ts';

/**
 * The settings of a project besides its name, slug and platform, all of them optional (REST
 * contract 9.2).
 */

const subjectLengthMax = 200;
/** Seconds: a digest is sent after at least a minute and at most an hour. */
const digestDelay = { min: 60, max: 3_600 } as const;
/** Hours: about a hundred years. */
const resolveAge = { min: 0, max: 1_000_000 } as const;
const environmentLengthMax = 64;
/** Names of tags, domains and sources, one line each. */
const nameLengthMax = 256;

/** Null changes nothing, as in Sentry. */
function unlessNull<T>(schema: z.ZodType<T>): z.ZodType<T | undefined> {
  return nullable(schema).transform((value) => value ?? undefined) as unknown as z.ZodType<T | undefined>;
}

const rulesField = () => unlessNull(stringField({ max: fieldLimits.jsonTextLength.value, allowBlank: true })).optional();
const nameDescription = { type: 'string', minLength: 1, maxLength: nameLengthMax } as const;
const namesField = () => listField(fieldLimits.settingNames.value, nameDescription, readName);

function readName(item: unknown, refuse: Refuse): string {
  const parsed = stringField({ max: nameLengthMax }).safeParse(item);
  return parsed.success ? parsed.data : refuse(parsed.error.issues[0]!.message);
}

/**
 * `https://example.com`, `*.example.com`, `localhost:8080`, `*`. The server that receives events
 * compares their origins with it.
 */
const domainPattern = /^(?:[a-z*][a-z0-9+.*-]*:\/\/)?(?:\*|(?:\*\.)?[^\s/:*[\]]+|\[[0-9a-f:.]+\])(?::(?:[0-9]{1,5}|\*))?(?:\/\S*)?$/i;

function allowedDomainsField(): z.ZodType<string[]> {
  const domains = listField(fieldLimits.settingNames.value, nameDescription, (item, refuse) => {
    if (item === '' || item === null) return '';
    const domain = readName(item, refuse);
    return domainPattern.test(domain) ? domain : refuse(`${domain} is not an acceptable domain`);
  });
  return field({ type: 'array', items: nameDescription, maxItems: fieldLimits.settingNames.value }, (value, refuse) => {
    const parsed = domains.safeParse(value === '' ? [] : value);
    if (!parsed.success) return refuse(parsed.error.issues[0]!.message);
    const named = parsed.data.filter((domain) => domain !== '');
    return named.length > 0 ? named : refuse('Empty value will block all requests, use * to accept from all domains');
  });
}

function patternField(pattern: RegExp, max: number): z.ZodType<string> {
  return field({ type: 'string', pattern: pattern.source, maxLength: max }, (value, refuse) => {
    const parsed = stringField({ max, allowBlank: true }).safeParse(value);
    if (!parsed.success) return refuse(parsed.error.issues[0]!.message);
    return parsed.data === '' || pattern.test(parsed.data) ? parsed.data : refuse('This value does not match the required pattern.');
  });
}

/** Empty and null mean no environment. */
function environmentField(): z.ZodType<string | null> {
  return nullable(stringField({ max: environmentLengthMax, allowBlank: true })).transform((name) => name || null) as unknown as z.ZodType<
    string | null
  >;
}

/** Empty and null mean that nothing is resolved automatically. */
function resolveAgeField(): z.ZodType<number> {
  return z.union([z.literal([null, '']).transform(() => 0), integerField(resolveAge)]) as unknown as z.ZodType<number>;
}

const namesByType = { additionalProperties: { type: 'array', items: nameDescription, maxItems: fieldLimits.settingNames.value } } as const;

/** Parses lists of context fields by type, such as `{"user": ["id", "email"]}`. */
function highlightContextField(): z.ZodType<ProjectSettings['highlightContext']> {
  return dictionaryField(namesByType, (given, refuse) => {
    const entries = Object.entries(given);
    if (entries.length > fieldLimits.settingNames.value)
      return refuse(`Ensure this field has no more than ${fieldLimits.settingNames.value} elements.`);
    return Object.fromEntries(
      entries.map(([type, keys]) => {
        const parsed = namesField().safeParse(keys);
        return [readName(type, refuse), parsed.success ? [...new Set(parsed.data)] : refuse(parsed.error.issues[0]!.message)];
      }),
    );
  });
}

/** Symbol sources: JSON, a list of objects. An empty text means none. */
function symbolSourcesField(): z.ZodType<string> {
  return field({ type: 'string' }, (value, refuse) => {
    const parsed = jsonTextField().safeParse(value);
    if (!parsed.success) return refuse(parsed.error.issues[0]!.message);
    if (parsed.data === null) return '';
    return Array.isArray(JSON.parse(parsed.data)) ? parsed.data : refuse('Value must be a list of sources.');
  });
}

/** Options that ignore case: Sentry stores them in lower case. */
const caselessOptions: ReadonlySet<string> = new Set([
  'filters:blacklisted_ips',
  'filters:releases',
  'sentry:csp_ignored_sources',
  'sentry:toolbar_allowed_origins',
]);

const optionsDescription = Object.fromEntries(
  Object.entries(defaultProjectSettings.options).map(([key, usual]) => [
    key,
    { type: typeof usual as 'string' | 'boolean', description: projectOptionDescriptions[key as keyof ProjectOptions] },
  ]),
);

/** Unknown keys are ignored, as in every body. */
function optionsField(): z.ZodType<Partial<ProjectOptions>> {
  return dictionaryField({ properties: optionsDescription }, (given, refuse) => {
    const options: Record<string, string | boolean> = {};
    for (const [key, usual] of Object.entries(defaultProjectSettings.options)) {
      if (!Object.hasOwn(given, key)) continue;
      const parsed = (typeof usual === 'boolean' ? booleanField() : linesField(caselessOptions.has(key))).safeParse(given[key]);
      options[key] = parsed.success ? parsed.data : refuse(`${key}: ${parsed.error.issues[0]!.message}`);
    }
    return options as Partial<ProjectOptions>;
  });
}

/** Trims each line and drops empty ones. */
function linesField(isCaseless: boolean): z.ZodType<string> {
  return field({ type: 'string', maxLength: fieldLimits.jsonTextLength.value }, (value, refuse) => {
    if (typeof value !== 'string') return refuse(messages.notString);
    const parsed = stringField({ max: fieldLimits.jsonTextLength.value, allowBlank: true }).safeParse(
      isCaseless ? value.toLowerCase() : value,
    );
    if (!parsed.success) return refuse(parsed.error.issues[0]!.message);
    const lines = parsed.data.split('\n').map((line) => line.trim());
    return lines.filter((line) => line !== '').join('\n');
  });
}

const settingsFields = {
  subjectPrefix: stringField({ max: subjectLengthMax, allowBlank: true }).optional(),
  subjectTemplate: stringField({ max: subjectLengthMax }).optional(),
  resolveAge: resolveAgeField().optional(),
  digestsMinDelay: integerField(digestDelay).optional(),
  digestsMaxDelay: integerField(digestDelay).optional(),
  allowedDomains: allowedDomainsField().optional(),
  dataScrubber: booleanField().optional(),
  dataScrubberDefaults: booleanField().optional(),
  safeFields: fieldNamesField().optional(),
  sensitiveFields: fieldNamesField().optional(),
  storeCrashReports: nullable(integerField(crashReports)).optional(),
  verifySSL: booleanField().optional(),
  scrubIPAddresses: booleanField().optional(),
  scrapeJavaScript: booleanField().optional(),
  securityTokenHeader: patternField(/^[a-zA-Z0-9_-]+$/, 64).optional(),
  groupingConfig: unlessNull(stringField({ max: nameLengthMax, allowBlank: true })).optional(),
  groupingEnhancements: rulesField(),
  fingerprintingRules: rulesField(),
  defaultEnvironment: environmentField().optional(),
  relayPiiConfig: jsonTextField().optional(),
  builtinSymbolSources: namesField().optional(),
  highlightTags: namesField().optional(),
  highlightContext: highlightContextField().optional(),
  debugFilesRole: nullable(choiceField(orgRoleIds)).optional(),
  options: optionsField().optional(),
} satisfies Record<keyof ProjectSettings, z.ZodType>;

export const projectSettingsFields = describeFields(settingsFields, projectSettingDescriptions);

export const projectSecretsFields = {
  securityToken: patternField(/^[-a-zA-Z0-9+/=\s]+$/, 255)
    .optional()
    .describe('The token sent with requests for a web page’s JavaScript files.'),
  symbolSources: unlessNull(symbolSourcesField()).optional().describe('Sources of debug symbols: a JSON list of objects, as a string.'),
};
