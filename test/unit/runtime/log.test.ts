import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, openSync } from 'node:fs';
import { pino } from 'pino';
import { redactedLog } from '../../../server/src/runtime/log.ts';
import { describeError } from '../../../server/src/runtime/text/log-redaction.ts';
import { sourceOptions } from '../../support/source-options.ts';

describe('errors in the log', () => {
  it('[V16.3.4] contain the description and the stack of the error, under the key that the code uses', () => {
    const logging = `
      import { createLog } from './server/src/runtime/log.ts';
      createLog('error').error({ error: new Error('the disk is full') }, 'a request failed');
    `;
    const options = [...sourceOptions, '--input-type=module', '--eval', logging];
    const { error } = JSON.parse(execFileSync(process.execPath, options, { encoding: 'utf8' }));
    assert.equal(error.message, 'the disk is full');
    assert.match(error.stack, /^Error: the disk is full\n +at /);
  });

  it('contain no secret and no empty error if the embedding program gives a logger of its own', () => {
    const lines: string[] = [];
    const log = redactedLog(pino({}, { write: (line: string) => void lines.push(line) })).child({ instance: 'one' });
    const error = Object.assign(new Error('duplicate key value'), { detail: 'Key (email)=(someone@example.com) already exists.' });
    log.error({ error, token: 'sntryu_0123456789' }, 'a request failed');
    const line = JSON.parse(lines[0]!);
    assert.deepEqual([line.error.message, line.token, line.instance], ['duplicate key value', '[removed]', 'one']);
    assert.doesNotMatch(lines[0]!, /someone|sntryu/);
  });

  it('contain no value of a row that PostgreSQL quotes', () => {
    const refused = Object.assign(new Error('duplicate key value'), {
      code: '23505',
      constraint: 'users_email_key',
      detail: 'Key (lower(email))=(someone@example.com) already exists.',
      where: 'unnamed portal parameter $1 = someone@example.com',
    });
    const described = describeError(refused) as Record<string, unknown>;
    assert.equal(described.code, '23505');
    assert.equal(described.constraint, 'users_email_key');
    assert.doesNotMatch(JSON.stringify(described), /someone/);
  });

  it('contain the failure of each address of a host name', () => {
    const failed = new AggregateError([Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })]);
    const { errors } = describeError(failed) as { errors: { code: string }[] };
    assert.equal(errors[0]?.code, 'ECONNREFUSED');
  });

  it('leave a value that is not an error unchanged', () => {
    assert.equal(describeError('a text'), 'a text');
  });
});

/** Runs a program that has a log. */
function runWithLog(program: string, stdout: number | 'pipe') {
  const logging = `
    import { createLog } from './server/src/runtime/log.ts';
    const log = createLog('info');
    ${program}`;
  const options = [...sourceOptions, '--input-type=module', '--eval', logging];
  return spawnSync(process.execPath, options, { stdio: ['ignore', stdout, 'pipe'], encoding: 'utf8', timeout: 30_000 });
}

describe('the log on a full disk', () => {
  before(function () {
    if (!existsSync('/dev/full')) this.skip();
  });

  const runOnFullDisk = (program: string) => runWithLog(program, openSync('/dev/full', 'w'));

  it('neither ends the process nor keeps it from exiting', () => {
    const { status, stderr } = runOnFullDisk(`
      for (let line = 0; line < 3; line++) {
        log.info('a line');
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      console.error('still running');
      log.fatal('the last line');
      process.exit(7);
    `);
    assert.match(stderr, /^rollcall: The log cannot be written to stdout: ENOSPC.*\nstill running\n$/);
    assert.equal(status, 7);
  });

  it('does not keep a process from exiting that logs its first lines as it ends', () => {
    const { status } = runOnFullDisk(`
      log.info('a line');
      log.info('another line');
      process.exit(7);
    `);
    assert.equal(status, 7);
  });
});

describe('the log of a process that ends', () => {
  it('[V16.2.3] has all lines, also more than a pipe holds', () => {
    const program = `
      for (let line = 0; line < 3000; line++) log.info({ line }, 'x'.repeat(100));
      process.exit(7);
    `;
    const { status, stdout } = runWithLog(program, 'pipe');
    const lines = stdout.trimEnd().split('\n');
    assert.deepEqual([status, lines.length], [7, 3_000]);
    assert.deepEqual(new Set(lines.map((line) => JSON.parse(line).line)).size, 3_000);
  });
});
