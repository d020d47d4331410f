import assert from 'node:assert/strict';
import { listedKinds, type OrgFlag, type OrgSetting, orgFlagNames, orgSettingNames } from '../../protocol/src/index.ts';
import { buildProgram } from '../../server/src/cli/run-command-line.ts';
import { routes } from '../../server/src/http/routes.ts';
import { listFiles, readChapters, readSource } from '../support/source-files.ts';

/**
 * Finds what is forgotten when something is added by a check list of CONTRIBUTING.md, and what
 * neither the compiler nor another test finds.
 */
describe('the check lists of CONTRIBUTING.md', () => {
  const serverFiles = listFiles('server/src', '.ts');
  const textOf = (files: readonly string[]) => files.map(readSource).join('\n');

  /** The server only stores them, for other programs. */
  const storedFlags: readonly OrgFlag[] = ['allowSharedIssues', 'isEarlyAdopter', 'codecovAccess', 'allowSuperuserAccess'];

  it('flag: the rules enforce each flag that is not only stored', () => {
    const deciding = serverFiles.filter((file) => /\/(domain|write-path|commands|reactions)\//.test(file));
    const rules = textOf([...deciding, 'protocol/src/audience.ts', 'protocol/src/can.ts']);
    const enforced = orgFlagNames.filter((flag) => new RegExp(`\\b${flag}\\b`).test(rules));
    assert.deepEqual(
      orgFlagNames.filter((flag) => !enforced.includes(flag)).sort(),
      [...storedFlags].sort(),
      'enforce the flag, or add it to `storedFlags`',
    );
  });

  it('flag and setting: the REST contract names each', () => {
    const shapes = /^## 5\.5 [\s\S]*?(?=^## )/m.exec(readSource('docs/rest-contract/05-organizations.md'))![0];
    const chapter = readSource('docs/rest-contract/05-organizations.md');
    assert.deepEqual(
      orgFlagNames.filter((flag) => !shapes.includes(`\`${flag}\``)),
      [],
      'section 5.5 names each flag',
    );
    assert.deepEqual(
      orgSettingNames.filter((setting) => !chapter.includes(`\`${setting}\``)),
      [],
      'section 5.2 names each setting',
    );
  });

  /** The console has no form for documents and keys. Programs set them over REST. */
  const settingsWithoutPage: readonly OrgSetting[] = ['relayPiiConfig', 'trustedRelays'];

  it('setting: a page of the console has each', () => {
    const pages = textOf(listFiles('dashboard/src/pages/settings', '.ts', '.tsx'));
    assert.deepEqual(
      orgSettingNames.filter((setting) => !new RegExp(`\\b${setting}\\b`).test(pages)),
      settingsWithoutPage,
      'add the setting to dashboard/src/pages/settings/setting-groups.ts, or to another part of the page',
    );
  });

  it('endpoint: the server has the routes of each list', () => {
    const declared = serverFiles.flatMap((file) =>
      [...readSource(file).matchAll(/^export const (\w+): readonly \w*Route\b/gm)].map(([, name]) => ({ name, file })),
    );
    assert.ok(declared.length > 50, 'the declarations were not read');
    const unused = declared.filter(({ name, file }) =>
      serverFiles.every((other) => other === file || !new RegExp(`\\b${name}\\b`).test(readSource(other))),
    );
    assert.deepEqual(unused, [], 'add the list to server/src/http/routes.ts, or to the feature.ts of its feature');
  });

  it('endpoint: the documents name the end of each path', () => {
    const files = ['docs/authentication.md', 'docs/single-sign-on.md'];
    const words = new Set([readChapters('docs/rest-contract'), textOf(files)].join('\n').match(/[\w-]+/g));
    const lastWordOf = (path: string) => path.split('/').findLast((part) => part !== '' && !part.startsWith(':'));
    assert.deepEqual(
      routes.map(({ path }) => path).filter((path) => !words.has(lastWordOf(path) ?? 'organizations')),
      [],
      'describe the route in docs/rest-contract, docs/authentication.md or docs/single-sign-on.md',
    );
  });

  const lists = Object.entries(listedKinds).map(([kind, { list }]) => ({ kind, list }));

  it('record kind: the documents describe each kind', () => {
    const protocol = readSource('docs/protocol.md');
    const client = readSource('client-sdk/README.md');
    assert.deepEqual(
      lists.filter(({ kind, list }) => !protocol.includes(`\`${kind}\``) || !client.includes(`\`${list}\``)),
      [],
      'docs/protocol.md names each kind, and client-sdk/README.md each list',
    );
  });

  it('record kind: the client exports the type of each record', () => {
    const exported = readSource('client-sdk/src/index.ts');
    const typeOf = (kind: string) => `${kind.replace(/(?:^|-)([a-z])/g, (_match, letter: string) => letter.toUpperCase())}Record`;
    assert.deepEqual(
      lists.map(({ kind }) => typeOf(kind)).filter((type) => !new RegExp(`\\b${type}\\b`).test(exported)),
      [],
    );
  });

  /** Only service tokens see external ids, so no page shows them. */
  const listsWithoutHook = ['externalIds'];

  it('record kind: React has a hook for each list', () => {
    const hooks = readSource('client-sdk/src/react/hooks.ts');
    const exported = readSource('client-sdk/src/react/index.ts');
    const missing = lists.filter(({ list }) => {
      const [, hook] = new RegExp(`export const (use\\w+) = .*\\(selectors\\.${list}\\)`).exec(hooks) ?? [];
      return !hook || !new RegExp(`\\b${hook}\\b`).test(exported);
    });
    assert.deepEqual(
      missing.map(({ list }) => list),
      listsWithoutHook,
    );
  });

  it('job: each kind that is enqueued has an executor, which the composition starts', () => {
    const found = (form: RegExp) => serverFiles.flatMap((file) => [...readSource(file).matchAll(form)].map(([, name]) => ({ name, file })));
    const executors = found(/^export function (\w+)\(.*\): JobHandler</gm);
    const enqueued = found(/\bnewJob\((\w+), /g);
    assert.ok(executors.length > 2 && enqueued.length > 2, 'the declarations were not read');
    const unknown = enqueued.filter(({ name, file }) => {
      const isOwn = new RegExp(`^const ${name}\\b`, 'm').test(readSource(file));
      const executing = isOwn ? executors.filter((one) => one.file === file) : executors;
      return !executing.some((one) => readSource(one.file).includes(`...${name},`));
    });
    assert.deepEqual(unknown, [], 'write the function that returns a JobHandler of the kind');
    const starting = serverFiles.filter((file) => file === 'server/src/compose/jobs.ts' || file.endsWith('/feature.ts'));
    const started = textOf(starting);
    assert.deepEqual(
      executors.filter(({ name }) => !started.includes(`${name}(`)),
      [],
      'add the executor to server/src/compose/jobs.ts',
    );
  });

  it('job: a command requests each kind', () => {
    const requests = serverFiles.flatMap((file) =>
      [...readSource(file).matchAll(/^export function (\w+)\(.*\): NewJob\b/gm)].map(([, name]) => ({ name, file })),
    );
    assert.ok(requests.length > 1, 'the declarations were not read');
    const unused = requests.filter(({ name, file }) =>
      serverFiles.every((other) => other === file || !readSource(other).includes(`${name}(`)),
    );
    assert.deepEqual(
      unused.filter(({ name }) => name !== 'newJob'),
      [],
      'return the job in the decision of a command',
    );
  });

  it('job: the architecture document describes each kind', () => {
    const names = serverFiles.flatMap((file) =>
      [...readSource(file).matchAll(/^ {2}kind: '([\w-]+)',\n {2}ifOpen:/gm)].map(([, name]) => name!),
    );
    assert.ok(names.length > 2, 'the declarations were not read');
    const document = readSource('docs/architecture.md');
    assert.deepEqual(
      names.filter((name) => !document.includes(`| \`${name}\` |`)),
      [],
      'add a row to the table of jobs',
    );
  });

  it('mail: an erasure replaces the name of the user whom a mail names by id', () => {
    const erasure = readSource('server/src/features/retention/erasure/remove-queued-mails.ts');
    const [, list = ''] = /nameParameters: readonly string\[\] = \[(.*)\];/.exec(erasure) ?? [];
    const parameters = [...list.matchAll(/'(\w+)'/g)].map(([, name]) => name);
    assert.ok(parameters.length > 3, 'the parameters were not read');
    const templates = serverFiles.filter((file) => /\bmailTemplate\(/.test(readSource(file)));
    assert.ok(templates.length > 10, 'the templates were not read');
    const hasName = (file: string) => parameters.some((name) => readSource(file).includes(`${name}: quotedSchema`));
    const hasId = (file: string) => readSource(file).includes('namedUserId: namedUserSchema');
    assert.deepEqual(
      templates.filter((file) => hasName(file) !== hasId(file)),
      [],
      'add `namedUserId` beside the name, and the parameter with the name to remove-queued-mails.ts',
    );
  });

  it('CLI command: the program has the command of each file', () => {
    const files = listFiles('server/src/cli', '-command.ts').map((file) => file.replace(/^.*\/(.*)-command\.ts$/, '$1'));
    const names = buildProgram().commands.map((command) => command.name());
    assert.deepEqual(files.sort(), names.sort());
  });

  it('CLI command: a test calls each command', () => {
    const tests = textOf(listFiles('test/integration/operations', '.test.ts'));
    const names = buildProgram().commands.map((command) => command.name());
    assert.deepEqual(
      names.filter((name) => !new RegExp(`(?:\\w\\(|\\[)'${name}'`).test(tests)),
      [],
    );
  });

  it('CLI command: the manual lists each command, and a test calls each subcommand', () => {
    const manual = readSource('docs/operating/command-line.md');
    const calls = readSource('test/integration/operations/cli-operator.test.ts');
    const missing = buildProgram().commands.flatMap((command) => {
      const name = command.name();
      const [row = ''] = new RegExp(`^\\|.*\`${name}\\b.*$`, 'm').exec(manual) ?? [];
      if (command.commands.length === 0) return row ? [] : [`${name}: docs/operating/command-line.md`];
      return command.commands.flatMap((sub) => [
        ...(new RegExp(`\`(?:${name} )?${sub.name()}\``).test(row) ? [] : [`${name} ${sub.name()}: docs/operating/command-line.md`]),
        ...(calls.includes(`rollcall('${name}', '${sub.name()}'`) ? [] : [`${name} ${sub.name()}: cli-operator.test.ts`]),
      ]);
    });
    assert.deepEqual(missing, []);
  });
});
