import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, openSync } from 'node:fs';
import { explainFailure } from '../../../server/src/cli/explain-failure.ts';
import { OperatorClient } from '../../../server/src/cli/operator/operator-client.ts';
import { buildProgram } from '../../../server/src/cli/run-command-line.ts';
import { sourceOptions } from '../../support/source-options.ts';

type Command = ReturnType<typeof buildProgram>;

describe('the program of the command line', () => {
  it('has help for each command', () => {
    const { commands } = buildProgram();
    const names = commands.map((command) => command.name());
    assert.deepEqual(
      names.join(' '),
      'start migrate doctor watch import replay export import-organization users orgs members tokens sessions rotate-secret security-events operator-tokens',
    );
    for (const command of commands) {
      const help = command.helpInformation();
      assert.ok(help.startsWith(`Usage: rollcall ${command.name()} `), help);
      assert.match(help, /^ +-h, --help /m);
    }
    assert.match(
      buildProgram().helpInformation(),
      new RegExp(`^Usage: rollcall .*${names.map((name) => `^ {2}${name}\\b.*`).join('')}`, 'ms'),
    );
  });

  it('fails if its output cannot be written, because the disk is full', function () {
    if (!existsSync('/dev/full')) this.skip();
    const options = [...sourceOptions, 'server/src/main.ts', '--version'];
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(process.execPath, options, { stdio: ['ignore', full, 'pipe'], encoding: 'utf8', timeout: 30_000 });
    assert.match(stderr, /^rollcall: The output is incomplete: ENOSPC[^\n]*\n$/);
    assert.equal(status, 1);
  });

  it('names an unusable OPERATOR_TOKEN without quoting it', async () => {
    const answer = OperatorClient.open('http://localhost:4000', { OPERATOR_TOKEN: 'first-line\nsecond-line' });
    await assert.rejects(
      answer,
      (error: Error) => /^OPERATOR_TOKEN has a space, a line break/.test(error.message) && !/second-line/.test(error.message),
    );
  });

  for (const command of leavesOf(buildProgram())) {
    const name = nameOf(command);
    it(`shows examples in the help of \`${name}\``, () => {
      let help = '';
      command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
      const [, shown = ''] = help.split('\nExamples:\n');
      const lines = shown.trimEnd().split('\n');
      for (const line of lines) assert.ok(line.includes(name), `not an example of ${name}: "${line}"`);
    });
  }

  for (const [args, reason] of [
    [['start', '--fast'], /unknown option '--fast'/],
    [['watch'], /Name the organizations to watch, or use --all/],
    [['watch', 'acme', '--all'], /Name the organizations to watch, or use --all/],
    [['migrate', 'down'], /Allowed choices are up, status/],
    [['replay', 'file.jsonl', '--rate', 'fast'], /must be a number above 0/],
    [['users', 'list', '--limit', '0'], /must be a whole number above 0/],
    [['users', 'update', '7'], /Nothing to change/],
    [['users', 'update', '7', '--enable', '--disable'], /can’t be combined/],
    [['orgs', 'create', 'Acme'], /required option '--owner <user>' not specified/],
    [['orgs', 'update', 'acme'], /Nothing to change/],
    [['members', 'update', 'acme', '7'], /Nothing to change/],
    [['tokens', 'create', 'laptop'], /Name the user of the token with --user, or add --service/],
    [['tokens', 'create', 'laptop', '--user', '7', '--service'], /Name the user of the token with --user, or add --service/],
    [['tokens', 'create', 'laptop', '--user', '7'], /Name the scopes of the token with --scopes/],
    [['tokens', 'create', 'laptop', '--user', '7', '--addresses', '10.0.0.0/8'], /--collections and --addresses need --service/],
    [['tokens', 'create', 'sync', '--service', '--organization', 'acme'], /--organization needs --user/],
    [['sessions', 'end'], /Name the user whose sessions end, or use --all/],
    [['sessions', 'end', '7', '--all'], /Name the user whose sessions end, or use --all/],
    [['sessions', 'end', '--all', '--tokens'], /--tokens needs a user/],
  ] as const) {
    it(`rejects \`${args.join(' ')}\` with a reason`, async () => {
      await assert.rejects(buildProgram().parseAsync(args, { from: 'user' }), (error) => reason.test(explainFailure(error)));
    });
  }
});

/** The commands without subcommands. */
function leavesOf(command: Command): Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap((each) => leavesOf(each));
}

function nameOf(command: Command): string {
  return command.parent ? `${nameOf(command.parent)} ${command.name()}` : command.name();
}
