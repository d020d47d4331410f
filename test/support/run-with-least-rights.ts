import assert from 'node:assert/strict';
import { startProcess } from './process.ts';

/** Runs test files with their own PostgreSQL and Redis, and the least rights for the servers. */
export async function runWithLeastRights(files: readonly string[]): Promise<void> {
  const { SERVER_SCRIPT = '' } = process.env;
  const environment = { LEAST_RIGHTS: '1', ...(SERVER_SCRIPT && { SERVER_SCRIPT }) };
  const tests = startProcess(files, environment, { script: 'node_modules/mocha/bin/mocha.js' });
  const { code } = await tests.exit;
  assert.equal(code, 0, tests.stdout + tests.stderr);
  assert.match(tests.stdout, /^[1-9]\d* passed, 0 failed$/m);
}
