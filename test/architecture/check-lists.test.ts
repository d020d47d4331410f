import assert from 'node:assert/strict';
import { listedKinds, type OrgFlag, orgFlagNames } from '../../protocol/src/index.ts';
import { buildProgram } from '../../server/src/cli/run-command-line.ts';
import { listFiles, readSource } from '../support/source-files.ts';

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

  it('CLI command: the program has the command of each file', () => {
    const files = listFiles('server/src/cli', '-command.ts').map((file) => file.replace(/^.*\/(.*)-command\.ts$/, '$1'));
    const names = buildProgram().commands.map((command) => command.name());
    assert.deepEqual(files.sort(), names.sort());
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
