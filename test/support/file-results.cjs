// Writes the result of each file, so that failed ones can be run again, and long ones first.
'use strict';
const { writeFileSync } = require('node:fs');
const { Runner } = require('mocha');

/**
 * At the end of the run, writes a JSON array of `{ file, passed, failed, skipped, ms }` to this
 * path. The milliseconds include hooks. A failure of a root hook belongs to no file.
 */
module.exports = function writeFileResults(runner, to) {
  const { EVENT_SUITE_BEGIN, EVENT_SUITE_END, EVENT_TEST_PASS, EVENT_TEST_FAIL, EVENT_TEST_PENDING, EVENT_RUN_END } = Runner.constants;
  const results = new Map();
  const add = (file, key, amount) => {
    if (!file) return;
    const result = results.get(file) ?? { file, passed: 0, failed: 0, skipped: 0, ms: 0 };
    results.set(file, { ...result, [key]: result[key] + amount });
  };
  runner.on(EVENT_TEST_PASS, ({ file }) => add(file, 'passed', 1));
  runner.on(EVENT_TEST_FAIL, ({ file }) => add(file, 'failed', 1));
  runner.on(EVENT_TEST_PENDING, ({ file }) => add(file, 'skipped', 1));
  let startedAt;
  runner.on(EVENT_SUITE_BEGIN, (suite) => {
    if (suite.parent?.root) startedAt = performance.now();
  });
  runner.on(EVENT_SUITE_END, (suite) => {
    if (suite.parent?.root) add(suite.file, 'ms', Math.round(performance.now() - startedAt));
  });
  runner.once(EVENT_RUN_END, () => writeFileSync(to, JSON.stringify([...results.values()])));
};
