import assert from 'node:assert/strict';
import { explainFailure } from '../../../server/src/cli/explain-failure.ts';
import { buildProgram } from '../../../server/src/cli/run-command-line.ts';

describe('the program of the command line', () => {
  it('has help for each command', () => {
    const { commands } = buildProgram();
    const names = commands.map((command) => command.name());
    assert.deepEqual(names, ['start', 'migrate', 'doctor', 'watch', 'import', 'replay', 'export', 'import-organization', 'tokens']);
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

  for (const [args, reason] of [
    [['start', '--fast'], /unknown option '--fast'/],
    [['watch'], /missing required argument 'org'/],
    [['migrate', 'down'], /Allowed choices are up, status/],
    [['replay', 'file.jsonl', '--rate', 'fast'], /must be a number above 0/],
  ] as const) {
    it(`rejects \`${args.join(' ')}\` with a reason`, async () => {
      await assert.rejects(buildProgram().parseAsync(args, { from: 'user' }), (error) => reason.test(explainFailure(error)));
    });
  }
});
