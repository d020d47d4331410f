// Writes the files that have failed tests, with their counts, so that they can be run again.
'use strict';
const { writeFileSync } = require('node:fs');
const { Runner } = require('mocha');

/**
 * At the end of the run, writes a JSON array of `{ file, passed, failed, skipped }` to this path.
 * A failure of a root hook belongs to no file.
 */
module.exports = function writeFailedFiles(runner, to) {
  const { EVENT_TEST_PASS, EVENT_TEST_FAIL, EVENT_TEST_PENDING, EVENT_RUN_END } = Runner.constants;
  const counts = new Map();
  const count = (key) => (runnable) => {
    if (!runnable.file) return;
    const counted = counts.get(runnable.file) ?? { file: runnable.file, passed: 0, failed: 0, skipped: 0 };
    counts.set(runnable.file, { ...counted, [key]: counted[key] + 1 });
  };
  runner.on(EVENT_TEST_PASS, count('passed'));
  runner.on(EVENT_TEST_FAIL, count('failed'));
  runner.on(EVENT_TEST_PENDING, count('skipped'));
  runner.once(EVENT_RUN_END, () => writeFileSync(to, JSON.stringify([...counts.values()].filter(({ failed }) => failed > 0))));
};
