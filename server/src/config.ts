import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { type OrgRoleId, orgRoleIds, type PermissionTable, planDaysCeiling } from '@rollcall/protocol';
import * as z from 'zod';
import { type BreachedPasswordsSource, breachVariables, readBreachedPasswords } from './config/breached-passwords.ts';
import { ConfigError } from './config/config-error.ts';
import { databaseUrl, readDatabaseUrl, redisUrl, smtpUrl } from './config/connection-urls.ts';
import { keepSecret, secretLengthMin } from './config/keep-secret.ts';
import { readPasswordCost } from './config/password-cost.ts';
import { readPermissionsFile } from './config/permissions-file.ts';
import { isProxyRange } from './config/proxy-range.ts';
import { readPublicUrl } from './config/public-url.ts';
import { fileSettingOf, withSecretFiles } from './config/secret-files.ts';
import { findLateThreadPoolSize, readThreadPoolSize } from './config/thread-pool.ts';
import { issuerVariables, readTrustedIssuer } from './config/trusted-issuer.ts';
import { findUnknownSettings } from './config/unknown-settings.ts';
import { isBare, normalizeBaseUrl, optional, urlOf, wholeNumber, withDefault, words } from './config/variables.ts';
import { defaultRetrySeconds } from './consumers/retry-schedule.ts';
import { type FeatureSettings, featureSecrets, featureVariables, readFeatureSettings } from './features/settings.ts';
import { defaultPasswordCost, type PasswordCost, passwordKibRange, passwordPassesRange } from './identity/passwords/password-cost.ts';
import type { TrustedIssuerSettings } from './identity/tokens/trusted-issuer.ts';
import { type Mailbox, parseMailbox } from './mail/mailbox.ts';
import { type AllowedDestinations, parseAllowedDestinations } from './outbound/allowed-destinations.ts';
import { dnsServersFault, isDnsServer } from './outbound/txt-records.ts';
import { type ArmedFailpoint, type FailpointName, failpointNames } from './runtime/failpoints.ts';
import type { SettableLimit } from './runtime/limits/limit.ts';
import { type LimitName, type Limits, limitTable } from './runtime/limits/limits.ts';
import { type LogLevel, logLevels } from './runtime/log.ts';
import { headerTextPattern } from './runtime/text/header-text.ts';
import { findNameFault } from './runtime/text/name-text.ts';

/** The operator's settings, parsed once. Every name is that of an environment variable. */
export interface Config extends FeatureSettings {
  readonly host: string;
  /** 0 chooses a free port. */
  readonly port: number;
  /** The base URL at which clients reach this server. Null if it is derived from host and port. */
  readonly publicUrl: string | null;
  /** The name of this server in pages, mails and authenticator apps. */
  readonly productName: string;
  /** Null for the embedded database in `dataDir`. */
  readonly databaseUrl: string | null;
  /** Empty for a bus within this process. Several are nodes of a Cluster. */
  readonly redisUrls: readonly string[];
  readonly dataDir: string;
  readonly instanceId: string;
  /** The keys for signatures and encryption are derived from it. All instances share it. */
  readonly secret: string;
  /** The former secret while it is replaced. Null otherwise. */
  readonly previousSecret: string | null;
  /** Null disables the operator API. */
  readonly operatorToken: string | null;
  /** Whether `/metrics` is served without the operator's token. */
  readonly hasOpenMetrics: boolean;
  /** Null if mail is written to `mailDir`. */
  readonly smtpUrl: string | null;
  readonly mailDir: string;
  /** The sender of mail. */
  readonly mailFrom: Mailbox;
  readonly logLevel: LogLevel;
  readonly trustedProxies: readonly string[];
  readonly allowedOrigins: readonly string[];
  /** Servers inside the operator's network that organizations may have called. */
  readonly outboundAllowed: AllowedDestinations;
  /** The issuer of Google's ID tokens. Only tests set another. */
  readonly googleIssuer: string;
  /** The seconds before each further attempt of a delivery to a webhook or an integration. */
  readonly webhookRetrySeconds: readonly number[];
  /** The DNS servers for look-ups of verified domains. Empty for those of the system. */
  readonly dnsServers: readonly string[];
  /** Whether sessions that begin with a password need a second factor. */
  readonly requiresSecondFactor: boolean;
  readonly singleOrganization: boolean;
  readonly defaultOrganization: string | null;
  /** The terms to which the creator of an organization must agree, if both URLs are set. */
  readonly termsUrl: string | null;
  readonly privacyUrl: string | null;
  /** Whether people are invited: by mail, by a member row without a mail, or not at all. */
  readonly invites: 'on' | 'unsent' | 'off';
  readonly retiredRoles: readonly OrgRoleId[];
  /** The content of PERMISSIONS_FILE. */
  readonly permissions: PermissionTable | null;
  /** The most days that an organization's data is stored. Null: no maximum. */
  readonly retentionDaysMax: number | null;
  /** An issuer whose tokens are accepted besides this server's own. */
  readonly trustedIssuer: TrustedIssuerSettings | null;
  /** The cost of new hashes of passwords. */
  readonly passwordCost: PasswordCost;
  /** The source of passwords that were published after breaches. Null for none. */
  readonly breachedPasswords: BreachedPasswordsSource | null;
  /** The number of libuv threads. */
  readonly threadPoolSize: number;
  /** Named as in `runtime/limits/limits.ts`. */
  readonly limits: Limits;
  /** The time for which a stopping server still serves everything, while it is not ready. */
  readonly stopDelaySeconds: number;
  /** One line for each variable that has no effect, but was probably meant to have one. */
  readonly warnings: readonly string[];
  /** Null except in fault tests. */
  readonly failpoint: ArmedFailpoint | null;
}

/**
 * Fits on a line. The name appears in titles, subjects and the label of authenticator apps, in
 * which a colon ends the issuer.
 */
const productNameLengthMax = 64;
const productName = z
  .string()
  .trim()
  .max(productNameLengthMax, `must have at most ${productNameLengthMax} characters`)
  .refine((text) => findNameFault(text) === null && !/[:<>"]/.test(text), 'must not contain line breaks, colons, quotes or angle brackets');
const allowedDestinations = words.transform((list, context): AllowedDestinations => {
  const allowed = parseAllowedDestinations(list);
  if (allowed) return allowed;
  context.addIssue({ code: 'custom', message: 'must contain only host names, IP addresses, and ranges such as 10.0.0.0/8' });
  return z.NEVER;
});
const mailbox = z.string().transform((text, context): Mailbox => {
  const parsed = parseMailbox(text);
  if (parsed) return parsed;
  context.addIssue({ code: 'custom', message: 'must be an address, or Name <address>' });
  return z.NEVER;
});
const retrySecondsMax = 7 * 86_400;
const retryCountMax = 100;
const retrySeconds = words
  .transform((list) => list.map(Number))
  .refine(
    (list) => list.length > 0 && list.length <= retryCountMax && list.every((seconds) => seconds > 0 && seconds <= retrySecondsMax),
    `must be 1 to ${retryCountMax} numbers of seconds, such as 5 30 120`,
  );
const failpoint = z
  .string()
  .regex(
    new RegExp(`^(${failpointNames.join('|')}):[1-9][0-9]{0,8}$`),
    `must be one of ${failpointNames.join(', ')}, followed by a colon and a number`,
  )
  .transform((text): ArmedFailpoint => {
    const [name, time] = text.split(':');
    return { name: name as FailpointName, time: Number(time) };
  });
/** Far longer than a balancer takes to notice that an instance is not ready. */
const stopDelaySecondsMax = 300;
const secret = z.string().min(secretLengthMin, `must have at least ${secretLengthMin} characters`);
const flag = z.stringbool({ error: 'must be true or false' });

const environmentSchema = z.object({
  NODE_ENV: optional(z.string()),
  HOST: withDefault(z.string(), 'localhost'),
  PORT: withDefault(
    z.coerce
      .number({ error: 'must be a number' })
      .int('must be a whole number')
      .min(0, 'must be 0 to 65535')
      .max(65_535, 'must be 0 to 65535'),
    '4000',
  ),
  PUBLIC_URL: optional(
    urlOf('http:', 'https:')
      .refine(isBare, 'must not have a path, a query or a user, because Rollcall must be served at the root of a host name')
      .transform(normalizeBaseUrl),
  ),
  ALLOW_INSECURE: withDefault(flag, 'false'),
  PRODUCT_NAME: withDefault(productName, 'Rollcall'),
  DATABASE_URL: optional(databaseUrl),
  PGSSLMODE: optional(z.string()),
  REDIS_URL: withDefault(words.pipe(z.array(redisUrl)), ''),
  DATA_DIR: withDefault(z.string(), '.rollcall'),
  INSTANCE_ID: optional(z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, hyphens or underscores')),
  SECRET: optional(secret),
  SECRET_PREVIOUS: optional(secret),
  OPERATOR_TOKEN: optional(
    z
      .string()
      .min(32, 'must have at least 32 characters')
      .regex(headerTextPattern, 'must contain only ASCII characters without spaces, because it is sent in a header'),
  ),
  METRICS_OPEN: withDefault(flag, 'false'),
  SMTP_URL: optional(smtpUrl),
  MAIL_DIR: optional(z.string()),
  MAIL_FROM: withDefault(mailbox, 'Rollcall <rollcall@localhost>'),
  LOG_LEVEL: withDefault(z.enum(logLevels, { error: `must be one of ${logLevels.join(', ')}` }), 'warn'),
  TRUSTED_PROXIES: withDefault(
    words.refine(
      (list) => list.every(isProxyRange),
      'must contain only IP addresses, ranges such as 10.0.0.0/8, loopback, linklocal or uniquelocal',
    ),
    '',
  ),
  ALLOWED_ORIGINS: withDefault(
    words.pipe(
      z.array(
        z
          .string()
          .refine(
            (origin) => URL.canParse(origin) && new URL(origin).origin === origin,
            'must contain only origins such as https://app.example.com',
          ),
      ),
    ),
    '',
  ),
  OUTBOUND_ALLOWED: withDefault(allowedDestinations, ''),
  ROLLCALL_GOOGLE_ISSUER: withDefault(urlOf('http:', 'https:'), 'https://accounts.google.com'),
  DNS_SERVERS: withDefault(
    words.refine((list) => list.every(isDnsServer), dnsServersFault),
    '',
  ),
  ...featureVariables,
  WEBHOOK_RETRY_SECONDS: withDefault(retrySeconds, defaultRetrySeconds.join(',')),
  REQUIRE_2FA: withDefault(flag, 'false'),
  SENTRY_SINGLE_ORGANIZATION: withDefault(flag, 'false'),
  DEFAULT_ORGANIZATION: optional(z.string()),
  TERMS_URL: optional(urlOf('http:', 'https:')),
  PRIVACY_URL: optional(urlOf('http:', 'https:')),
  INVITES: withDefault(z.enum(['on', 'unsent', 'off'], { error: 'must be on, unsent or off' }), 'on'),
  RETIRED_ROLES: withDefault(words.pipe(z.array(z.enum(orgRoleIds, { error: `must contain only ${orgRoleIds.join(', ')}` }))), ''),
  PERMISSIONS_FILE: optional(z.string().trim()),
  RETENTION_DAYS_MAX: optional(wholeNumber({ max: planDaysCeiling })),
  STOP_DELAY_SECONDS: withDefault(wholeNumber({ min: 0, max: stopDelaySecondsMax }), '0'),
  ...issuerVariables,
  PASSWORD_HASH_KIB: withDefault(wholeNumber(passwordKibRange), String(defaultPasswordCost.memoryKib)),
  PASSWORD_HASH_PASSES: withDefault(wholeNumber(passwordPassesRange), String(defaultPasswordCost.passes)),
  ...breachVariables,
  ROLLCALL_FAILPOINT: optional(failpoint),
  /** Read by `readThreadPoolSize`. */
  UV_THREADPOOL_SIZE: optional(z.string()),
});

/** The settings that are secrets, or URLs that may contain one. Each can be given as a file. */
export const secretSettings: readonly string[] = [
  'SECRET',
  'SECRET_PREVIOUS',
  'OPERATOR_TOKEN',
  'DATABASE_URL',
  'REDIS_URL',
  'SMTP_URL',
  ...featureSecrets,
];

/** The names of the last line are settings of the command line. */
const settingNames: readonly string[] = [
  ...Object.keys(environmentSchema.shape),
  ...Object.values(limitTable).map(({ setting }) => setting),
  ...secretSettings.map(fileSettingOf),
  ...['ROLLCALL_URL', 'ROLLCALL_TOKEN', fileSettingOf('ROLLCALL_TOKEN')],
];

/**
 * Parses the environment. Without a SECRET it creates one and stores it in the data folder.
 * @param readSecret replaces this for callers that must not create a secret
 * @throws ConfigError naming each invalid variable
 */
export function parseConfig(variables: Readonly<Record<string, string | undefined>>, readSecret = keepSecret): Config {
  const environment = withSecretFiles(variables, secretSettings);
  const values = parse(environmentSchema, environment);
  const isProduction = values.NODE_ENV === 'production';
  const dataDir = path.resolve(values.DATA_DIR);
  if ((values.TERMS_URL === undefined) !== (values.PRIVACY_URL === undefined)) {
    throw new ConfigError('TERMS_URL and PRIVACY_URL must be set together. Set both or none');
  }
  if (values.DATABASE_URL && isProduction && !values.SECRET) {
    throw new ConfigError('SECRET is required in production with DATABASE_URL. Set it to the same value on all instances');
  }
  return {
    host: values.HOST,
    port: values.PORT,
    publicUrl: readPublicUrl({
      ...{ publicUrl: values.PUBLIC_URL, host: values.HOST },
      ...{ isProduction, allowsInsecure: values.ALLOW_INSECURE },
    }),
    productName: values.PRODUCT_NAME,
    databaseUrl: values.DATABASE_URL ? readDatabaseUrl(values.DATABASE_URL, values.PGSSLMODE) : null,
    redisUrls: values.REDIS_URL,
    dataDir,
    instanceId: values.INSTANCE_ID ?? randomBytes(6).toString('hex'),
    secret: values.SECRET ?? readSecret(dataDir),
    previousSecret: values.SECRET_PREVIOUS ?? null,
    operatorToken: values.OPERATOR_TOKEN ?? null,
    hasOpenMetrics: values.METRICS_OPEN,
    smtpUrl: values.SMTP_URL ?? null,
    mailFrom: values.MAIL_FROM,
    mailDir: path.resolve(values.MAIL_DIR ?? path.join(dataDir, 'mail')),
    logLevel: values.LOG_LEVEL,
    trustedProxies: values.TRUSTED_PROXIES,
    allowedOrigins: values.ALLOWED_ORIGINS,
    outboundAllowed: values.OUTBOUND_ALLOWED,
    webhookRetrySeconds: values.WEBHOOK_RETRY_SECONDS,
    googleIssuer: values.ROLLCALL_GOOGLE_ISSUER,
    dnsServers: values.DNS_SERVERS,
    ...readFeatureSettings(values),
    requiresSecondFactor: values.REQUIRE_2FA,
    singleOrganization: values.SENTRY_SINGLE_ORGANIZATION,
    defaultOrganization: values.DEFAULT_ORGANIZATION ?? null,
    termsUrl: values.TERMS_URL ?? null,
    privacyUrl: values.PRIVACY_URL ?? null,
    invites: values.INVITES,
    retiredRoles: values.RETIRED_ROLES,
    permissions: values.PERMISSIONS_FILE === undefined ? null : readPermissionsFile(values.PERMISSIONS_FILE),
    retentionDaysMax: values.RETENTION_DAYS_MAX ?? null,
    trustedIssuer: readTrustedIssuer(values),
    passwordCost: readPasswordCost({ memoryKib: values.PASSWORD_HASH_KIB, passes: values.PASSWORD_HASH_PASSES }, isProduction),
    breachedPasswords: readBreachedPasswords(values),
    threadPoolSize: readThreadPoolSize(process.env),
    limits: readLimits(environment),
    stopDelaySeconds: values.STOP_DELAY_SECONDS,
    warnings: [...findUnknownSettings(Object.keys(environment), settingNames), ...findLateThreadPoolSize(environment, process.env)],
    failpoint: values.ROLLCALL_FAILPOINT ?? null,
  };
}

function parse<Schema extends z.ZodType>(schema: Schema, environment: Readonly<Record<string, string | undefined>>): z.output<Schema> {
  const parsed = schema.safeParse(environment);
  if (parsed.success) return parsed.data;
  throw new ConfigError(parsed.error.issues.map((issue) => `${String(issue.path[0])} ${issue.message}`).join('; '));
}

function readLimits(environment: Readonly<Record<string, string | undefined>>): Limits {
  const entries = Object.entries(limitTable) as [LimitName, SettableLimit][];
  const values = parse(
    z.object(Object.fromEntries(entries.map(([, limit]) => [limit.setting, withDefault(wholeNumber(limit), String(limit.default))]))),
    environment,
  );
  return Object.fromEntries(entries.map(([name, { setting }]) => [name, values[setting]])) as Record<LimitName, number>;
}
