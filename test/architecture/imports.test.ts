import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { listFiles, readImports, readSource, repository } from '../support/source-files.ts';

interface Row {
  /** A folder. The longest row that matches a file applies to it. */
  readonly folder: string;
  /** Folders, files and packages. */
  readonly mayImport: readonly string[];
  /** Allowed for types only, which decide nothing and vanish in compilation. */
  readonly mayImportTypes?: readonly string[];
  readonly because: string;
}

const node = 'node:';
const protocol = '@rollcall/protocol';
const server = (...names: readonly string[]) => names.map((name) => `server/src/${name}`);

/**
 * The imports that the path of a change through the layers allows. docs/adr/0007 explains
 * additions.
 */
const table: readonly Row[] = [
  { folder: 'protocol/src', mayImport: ['protocol/src', 'zod'], because: 'both ends depend on it' },
  { folder: 'migrations/src', mayImport: ['migrations/src', 'kysely'], because: 'a migration must mean the same years later' },
  { folder: 'client-sdk/src', mayImport: ['client-sdk/src', protocol, 'socket.io-client', 'zod'], because: 'it runs in browsers' },
  {
    folder: 'dashboard/src',
    mayImport: ['dashboard/src', '@rollcall/client', '@rollcall/react', 'react', 'react-dom', 'wouter', '@radix-ui/', 'lucide-react'],
    because: 'it is our first customer, with no back door',
  },
  {
    folder: 'react/src',
    mayImport: ['react/src', '@rollcall/client', 'react', 'react-dom', '@radix-ui/', '@tanstack/', 'lucide-react', 'email-addresses'],
    because: 'it is for pages of other products, which have the client and React',
  },
  {
    folder: 'client-sdk/src/react',
    mayImport: ['client-sdk/src', protocol, 'react'],
    because: 'it adapts the client to React, and only React applications load it',
  },
  {
    folder: 'server/src/domain',
    // node:net and ipaddr.js only parse and compare addresses. The rows of limits are constants.
    mayImport: [protocol, 'node:crypto', 'node:net', 'ipaddr.js', ...server('domain', 'runtime/limits/rows')],
    because: 'rules are pure: no clock, no randomness, no I/O',
  },
  {
    folder: 'server/src/write-path',
    mayImport: [
      node,
      protocol,
      'kysely',
      'zod',
      ...server('write-path', 'domain', 'database', 'bus/bus.ts', 'consumers/checkpoints.ts', 'mail/enqueue-mail.ts', 'runtime'),
      ...server('jobs/enqueue-job.ts', 'jobs/job.ts'),
    ],
    mayImportTypes: server('mail/templates', 'outbound/txt-records.ts'),
    because: 'it is one story: the two paths meet in the log and the bus only',
  },
  {
    folder: 'server/src/read-path',
    mayImport: [
      node,
      protocol,
      'kysely',
      ...server('read-path', 'domain', 'database', 'bus/bus.ts', 'consumers/checkpoints.ts', 'runtime'),
    ],
    because: 'it is one story: the two paths meet in the log and the bus only',
  },
  {
    folder: 'server/src/database',
    mayImport: [node, protocol, '@rollcall/migrations', 'kysely', 'pg', 'zod', '@electric-sql/', ...server('database', 'runtime')],
    mayImportTypes: server('domain/organizations/verified-domains.ts', 'features/tables.ts'),
    because: 'adapters know no rules',
  },
  {
    folder: 'server/src/bus',
    mayImport: [node, protocol, 'redis', 'zod', ...server('bus', 'runtime')],
    because: 'adapters know no rules',
  },
  {
    folder: 'server/src/mail',
    mayImport: [
      node,
      protocol,
      'nodemailer',
      'kysely',
      'zod',
      ...server('mail', 'runtime', 'jobs/queue-runner.ts', 'database/delete-in-batches.ts', 'database/leases.ts', 'features/mails.ts'),
    ],
    mayImportTypes: server('database/database.ts', 'database/due-polls.ts', 'database/schema.ts', 'jobs/job-queue.ts'),
    because: 'it sends what a command queued and decides nothing',
  },
  {
    folder: 'server/src/identity',
    mayImport: [
      ...[node, protocol, '@node-rs/argon2', 'cookie', 'ipaddr.js', 'jose', 'kysely', 'otpauth', 'rate-limiter-flexible', 'zod'],
      ...['@simplewebauthn/server', '@simplewebauthn/server/helpers'],
      // The statement that every request begins with, which is built once, the form of a list in a
      // statement, the condition for a slug, the rule that decides which addresses name a user, the
      // addresses from which a token for SCIM was used, and the search for an address in a list,
      // which organizations use too, and whether a user has a second factor.
      ...server('identity', 'runtime', 'database/prepared.ts', 'database/any-of.ts', 'database/organizations/organization-slug.ts'),
      // The digests of erased users, who are refused for another reason than unknown ones.
      ...server('database/identity/erased-names.ts', 'database/identity/second-factor.ts'),
      // The errors that mean an unavailable database, in which an operator can still read metrics,
      // and the operator with OPERATOR_TOKEN, which is in no table.
      ...server('database/translate-error.ts', 'domain/operator.ts'),
      ...server('database/identity/user-emails.ts', 'database/tokens/scim-addresses.ts', 'domain/address-networks.ts'),
    ],
    mayImportTypes: server('domain/actor.ts', 'domain/caller-access.ts', 'database/database.ts', 'database/schema.ts'),
    because: 'adapters know no rules',
  },
  {
    folder: 'server/src/http',
    mayImport: [
      ...[node, protocol, 'express', 'ipaddr.js', 'proxy-addr', 'qrcode-generator', 'scim2-parse-filter', 'zod'],
      ...server('http', 'write-path', 'read-path', 'identity', 'features/index.ts', 'outbound', 'operations/instances.ts', 'runtime'),
      // The wording of rejections, a maximum, and the scopes of the operator, which are the only
      // uses of the domain here, and the errors that mean an unavailable database.
      ...server(
        'domain/address-rules.ts',
        'domain/authorize.ts',
        'domain/field-errors.ts',
        'domain/invites/invites.ts',
        'domain/operator.ts',
        'database/translate-error.ts',
      ),
    ],
    mayImportTypes: server('domain', 'database/database.ts', 'bus/bus.ts', 'receipts/receipts.ts', 'features/integrations/settings.ts'),
    because: 'edges translate, they never decide',
  },
  {
    folder: 'server/src/socket',
    mayImport: [node, protocol, 'socket.io', 'ws', ...server('socket', 'read-path', 'identity', 'runtime')],
    mayImportTypes: server('domain', 'database/database.ts'),
    because: 'edges translate, they never decide',
  },
  {
    folder: 'server/src/outbound',
    mayImport: [node, 'ipaddr.js', 'undici', ...server('outbound', 'runtime')],
    because: 'it is the only client for foreign servers, and knows nothing of what is sent',
  },
  {
    folder: 'server/src/consumers',
    mayImport: [node, protocol, 'kysely', ...server('consumers', 'domain', 'database', 'runtime')],
    because: 'it follows the log as the read path does, and changes no record: outlets run the commands',
  },
  {
    folder: 'server/src/jobs',
    mayImport: [node, 'kysely', 'zod', ...server('jobs', 'database', 'runtime')],
    because: 'it runs the steps of any kind of work, and knows none of them',
  },
  {
    folder: 'server/src/runtime',
    mayImport: [node, protocol, 'pino', 'prom-client', ...server('runtime')],
    because: 'it is handed in everywhere, so it may depend on nothing',
  },
  {
    folder: 'server/src/operations',
    mayImport: [node, protocol, ...server('operations', 'bus/bus.ts', 'runtime')],
    because: 'it measures from outside: no part knows that it is measured',
  },
  {
    folder: 'server/src/receipts',
    mayImport: [node, protocol, 'kysely', ...server('receipts', 'bus/bus.ts', 'database/installation/secret-keys.ts', 'runtime')],
    mayImportTypes: server('database/database.ts'),
    because: 'compose passes it the function that reads what the read path has applied',
  },
  {
    folder: 'server/src/sample',
    mayImport: [node, protocol, ...server('sample', 'write-path', 'identity', 'domain/actor.ts')],
    mayImportTypes: server('database/database.ts'),
    because: 'the sample is created by commands, as any other data',
  },
  {
    folder: 'server/src/cli',
    mayImport: [
      node,
      '@rollcall/client',
      'commander',
      'cli-progress',
      ...server(
        'cli',
        'sample',
        'runtime',
        'compose',
        'config.ts',
        'config/config-error.ts',
        'config/keep-secret.ts',
        'config/secret-files.ts',
        'database/installation/trust-wait-stopped-error.ts',
        'database/migrations/migrations-stopped-error.ts',
        'database/migrations/migration-states.ts',
        'database/connections/data-dir-lock.ts',
      ),
    ],
    mayImportTypes: ['@rollcall/protocol/rest/shapes', ...server('database/database.ts', 'database/migrations/migrate.ts')],
    because: 'the command line is a thin face: what it does, the server or the client does',
  },
  {
    folder: 'server/src/features',
    mayImport: ['server/src/features'],
    mayImportTypes: [
      'express',
      'kysely',
      ...server('config.ts', 'consumers', 'database', 'http', 'jobs', 'outbound', 'runtime', 'write-path'),
    ],
    because: 'it lists the features, and defines their type',
  },
  {
    folder: 'server/src/features/limits.ts',
    mayImport: ['server/src/features'],
    mayImportTypes: server('runtime/limits'),
    because: 'the page of all limits is written without the features',
  },
  {
    folder: 'server/src/features/mails.ts',
    mayImport: ['server/src/features'],
    because: 'the outbox depends on it, and the features on the outbox',
  },
  {
    folder: 'server/src/features/settings.ts',
    mayImport: ['server/src/features'],
    mayImportTypes: ['zod'],
    because: 'the configuration depends on it, and the features on the configuration',
  },
  {
    folder: 'server/src/features/tables.ts',
    mayImport: [],
    mayImportTypes: ['server/src/features'],
    because: 'the schema depends on it, and the features on the schema',
  },
  { folder: 'server/src/compose', mayImport: [node, protocol, 'kysely', 'server/src'], because: 'it connects all parts' },
  {
    folder: 'server/src',
    mayImport: [node, protocol, 'zod', 'proxy-addr', 'server/src'],
    because: 'it is the entry and its configuration',
  },
];

const featureFolder = 'server/src/features';

/** The features, each a folder. */
const features = readdirSync(path.join(repository, featureFolder), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** Packages that only one folder of a feature uses. */
const packagesOf: Readonly<Record<string, readonly string[]>> = {
  'integrations/providers/github': [
    ...['@octokit/app', '@octokit/core', '@octokit/plugin-paginate-rest', '@octokit/plugin-throttling', '@octokit/request-error'],
  ],
  'integrations/providers/gitlab': ['@gitbeaker/requester-utils', '@gitbeaker/rest'],
  'integrations/providers/slack': ['@slack/web-api'],
  'scim/http': ['scim2-parse-filter'],
  'single-sign-on/oidc': ['openid-client'],
  'single-sign-on/saml': ['@node-saml/node-saml', '@xmldom/xmldom', 'selfsigned', 'xml-crypto', 'xml-encryption'],
  'webhooks/delivery': ['standardwebhooks'],
};

const core = server(
  ...['bus/bus.ts', 'consumers', 'database', 'domain', 'http', 'identity', 'jobs', 'mail/enqueue-mail.ts', 'outbound'],
  ...['read-path', 'runtime', 'write-path'],
);
const ofFeatures = 'a feature uses the core and no other feature';

/**
 * The rows of a feature. Its rules are as pure as those of the core, its commands are on the write
 * path, and its queries on the read path.
 */
function rowsOfFeature(name: string): readonly Row[] {
  const own = `${featureFolder}/${name}`;
  const within = (...parts: readonly string[]) =>
    parts.map((part) => `${own}/${part}`).filter((part) => existsSync(path.join(repository, part)));
  const like = (folder: string) => table.find((row) => row.folder === `server/src/${folder}`)!;
  const row = (folder: string, model: string, ...parts: readonly string[]): Row => ({
    ...like(model),
    folder: `${own}/${folder}`,
    mayImport: [...like(model).mayImport, ...within(folder, 'limits.ts', ...parts)],
  });
  const whole = {
    mayImport: [node, protocol, 'express', 'kysely', 'zod', ...core, own, `${featureFolder}/feature.ts`],
    mayImportTypes: server('mail/templates', 'config.ts', 'config'),
  };
  const rows: readonly Row[] = [
    { folder: own, ...whole, because: ofFeatures },
    row('domain', 'domain'),
    { ...row('database', 'database'), mayImportTypes: [...(like('database').mayImportTypes ?? []), ...within('domain', 'tables.ts')] },
    {
      folder: `${own}/mails`,
      mayImport: [protocol, 'zod', ...server('mail/mail-template.ts', 'mail/named-user.ts', 'mail/quoted.ts', 'runtime')],
      because: 'a mail is rendered long after the command, and the table of all templates depends on it',
    },
    {
      folder: `${own}/settings.ts`,
      mayImport: [node, protocol, 'zod', ...server('config')],
      because: 'the configuration depends on it',
    },
    { folder: `${own}/limits.ts`, mayImport: server('runtime/limits'), because: 'the page of all limits is written without the features' },
    row('commands', 'write-path', 'domain', 'database', 'import', 'reactions'),
    row('import', 'write-path', 'domain', 'database', 'commands'),
    row('reactions', 'write-path', 'domain', 'database'),
    row('queries', 'read-path', 'domain', 'database'),
    ...Object.entries(packagesOf).flatMap(([folder, packages]): Row[] =>
      folder.startsWith(`${name}/`)
        ? [{ folder: `${featureFolder}/${folder}`, ...whole, mayImport: [...whole.mayImport, ...packages], because: ofFeatures }]
        : [],
    ),
  ];
  return rows.filter(({ folder }) => existsSync(path.join(repository, folder)));
}

/** Imports that the table forbids, with the reason for each. */
const exceptions: readonly { readonly from: string; readonly to: string; readonly because: string }[] = [
  ...[
    ...['features/single-sign-on/commands/domains/add-domain.ts', 'features/webhooks/commands/webhook-secret.ts'],
    'features/webhooks/domain/webhook.ts',
  ].map((to) => ({
    from: 'features/archive/commands/import-organization.ts',
    to,
    because: 'an import makes new secrets for what it restores, as its feature does',
  })),
  {
    from: 'features/archive/format/parse-archive.ts',
    to: 'features/webhooks/limits.ts',
    because: 'a file may contain no more webhooks than an organization may have',
  },
  {
    from: 'features/retention/job/persons-step.ts',
    to: 'features/archive/database/exports.ts',
    because: 'a file that was begun before a person was redacted contains the person',
  },
  {
    from: 'features/single-sign-on/http/auth-provider.ts',
    to: 'features/scim/http/scim-token.ts',
    because: 'the response that enables SCIM shows the token for it',
  },
  {
    from: 'write-path/commands/organizations/finish-removal.ts',
    to: 'features/integrations/database/provider-revocations.ts',
    because: 'the connections to providers end after the organization, in the same revision',
  },
];

const rows = [...table, ...features.flatMap(rowsOfFeature)];

const sources = ['protocol/src', 'migrations/src', 'client-sdk/src', 'server/src', 'react/src', 'dashboard/src'].flatMap((folder) =>
  listFiles(folder, '.ts', '.tsx', '.mjs'),
);

function isWithin(target: string, allowed: string): boolean {
  return target === allowed || target.startsWith(allowed.endsWith('/') || allowed.endsWith(':') ? allowed : `${allowed}/`);
}

function rowOf(file: string): Row {
  return rows.filter(({ folder }) => isWithin(file, folder)).sort((a, b) => b.folder.length - a.folder.length)[0]!;
}

function isException(file: string, target: string): boolean {
  return exceptions.some(({ from, to }) => file === `server/src/${from}` && target === `server/src/${to}`);
}

function violationsOf(file: string): string[] {
  const row = rowOf(file);
  return readImports(file)
    .filter(({ target, isTypeOnly }) => {
      const allowed = isTypeOnly ? [...row.mayImport, ...(row.mayImportTypes ?? [])] : row.mayImport;
      return !allowed.some((one) => isWithin(target, one)) && !isException(file, target);
    })
    .map(
      ({ target, isTypeOnly }) => `${file} imports ${isTypeOnly ? 'types of ' : ''}${target}, but ${row.folder} may not: ${row.because}.`,
    );
}

describe('the import table', () => {
  it('finds the sources', () => assert.ok(sources.length > 100));

  it('names existing folders and files', () => {
    const named = rows.flatMap(({ folder, mayImport, mayImportTypes = [] }) => [folder, ...mayImport, ...mayImportTypes]);
    const ours = named.filter((name) => /^[a-z-]+\/src\b/.test(name));
    assert.ok(ours.length > table.length);
    assert.deepEqual(
      ours.filter((name) => !existsSync(path.join(repository, name))),
      [],
    );
  });

  for (const row of rows) {
    it(`${row.folder} imports only what it may, because ${row.because}`, () => {
      const own = sources.filter((file) => rowOf(file) === row);
      assert.deepEqual(own.flatMap(violationsOf), []);
    });
  }

  it('lets the core import features only through their lists, and by exceptions', () => {
    const lists = ['feature', 'index', 'mails', 'settings', 'tables'].map((name) => `${featureFolder}/${name}.ts`);
    const ofCore = sources.filter((file) => !isWithin(file, featureFolder));
    const found = ofCore.flatMap((file) =>
      readImports(file)
        .filter(({ target }) => isWithin(target, featureFolder) && !lists.includes(target) && !isException(file, target))
        .map(({ target }) => `${file} imports ${target}`),
    );
    assert.deepEqual(found, []);
  });

  it('has fewer than ten exceptions, each of which exists', () => {
    assert.ok(exceptions.length < 10);
    for (const { from, to } of exceptions) {
      assert.ok(
        readImports(`server/src/${from}`).some(({ target }) => target === `server/src/${to}`),
        `${from} no longer imports ${to}`,
      );
    }
  });

  it('finds each imported file, because the compiler also accepts another extension', () => {
    const isOurs = (target: string) => /^[a-z-]+\/src\//.test(target);
    const missing = sources.flatMap((file) =>
      readImports(file)
        .filter(({ target }) => isOurs(target) && !existsSync(path.join(repository, target.split('?')[0]!)))
        .map(({ target }) => `${file} imports ${target}`),
    );
    assert.deepEqual(missing, []);
  });

  it('allows the domain only hashes of node:crypto, which are pure functions', () => {
    const taking = listFiles('server/src/domain', '.ts').filter((file) => readImports(file).some(({ target }) => target === 'node:crypto'));
    for (const file of taking) assert.match(readSource(file), /^import \{ (createHash|hash|createHash, hash) \} from 'node:crypto';$/m);
  });

  it('allows only compose/ to name an adapter of the bus, the database, mail or identity', () => {
    const adapters = /^server\/src\/(bus\/bus-|database\/connections\/database-|mail\/mail-(smtp|directory)|identity\/identity-)/;
    const naming = sources.filter((file) => readImports(file).some(({ target }) => adapters.test(target)));
    assert.ok(naming.length > 0);
    assert.deepEqual(
      naming.filter((file) => !isWithin(file, 'server/src/compose')),
      [],
    );
  });

  it('allows only server/src/outbound to import undici, so that no other code calls a server whose address an organization chose', () => {
    const importing = sources.filter((file) => readImports(file).some(({ target }) => isWithin(target, 'undici')));
    assert.ok(importing.length > 0);
    assert.deepEqual(
      importing.filter((file) => !file.startsWith('server/src/outbound/')),
      [],
    );
  });

  it('allows the client only types of the REST API, whose schemas need all of zod', () => {
    const importing = listFiles('client-sdk/src', '.ts', '.tsx').flatMap((file) =>
      readImports(file).filter(({ target }) => isWithin(target, `${protocol}/rest`)),
    );
    assert.ok(importing.length > 0);
    assert.deepEqual(
      importing.filter(({ isTypeOnly }) => !isTypeOnly),
      [],
    );
  });

  it('allows the read path time and event-loop turns only from its clock, so that the simulation controls them', () => {
    const files = [
      ...listFiles('server/src/read-path', '.ts'),
      'server/src/socket/connection.ts',
      'server/src/socket/limits/slow-sockets.ts',
    ];
    const own = /\b(setTimeout|setInterval|setImmediate|queueMicrotask|performance\.now|Date\.now|Math\.random)\b|node:timers/;
    assert.deepEqual(
      files.filter((file) => own.test(readSource(file))),
      [],
    );
  });
});

/**
 * Each cycle as its files in order, with the first one repeated at the end. Finds at least one if
 * any exists.
 */
function findCircles(importsOf: ReadonlyMap<string, readonly string[]>): string[] {
  const circles: string[] = [];
  const visited = new Set<string>();
  const visit = (file: string, importers: readonly string[]) => {
    if (importers.includes(file)) circles.push([...importers.slice(importers.indexOf(file)), file].join(' -> '));
    if (visited.has(file)) return;
    visited.add(file);
    for (const imported of importsOf.get(file) ?? []) visit(imported, [...importers, file]);
  };
  for (const file of importsOf.keys()) visit(file, []);
  return circles;
}

describe('imports between modules', () => {
  it('form no cycle, including imports of types', () => {
    const files = [...sources, ...listFiles('bench/src', '.ts')];
    const importsOf = new Map(files.map((file) => [file, readImports(file).map(({ target }) => target)]));
    assert.deepEqual(findCircles(importsOf), []);
  });

  it('fail the check if they form a cycle', () => {
    const importsOf = new Map([
      ['a.ts', ['b.ts', 'c.ts']],
      ['b.ts', ['c.ts', 'd.ts']],
      ['c.ts', []],
      ['d.ts', ['b.ts']],
    ]);
    assert.deepEqual(findCircles(importsOf), ['b.ts -> d.ts -> b.ts']);
  });
});
