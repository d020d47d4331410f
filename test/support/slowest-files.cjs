// Lists the files of a run that took the longest, including their hooks.
'use strict';
const path = require('node:path');
const { Runner } = require('mocha');

const filesMax = 10;
/** Faster files are not listed, so a short run lists none. */
const msMin = 1_000;

/** Prints the list before the summary of the reporter, whose failures stay last. */
module.exports = function listSlowestFiles(runner) {
  const { EVENT_SUITE_BEGIN, EVENT_SUITE_END, EVENT_RUN_END } = Runner.constants;
  const msOf = new Map();
  let startedAt;
  runner.on(EVENT_SUITE_BEGIN, (suite) => {
    if (suite.parent?.root) startedAt = performance.now();
  });
  runner.on(EVENT_SUITE_END, (suite) => {
    if (suite.parent?.root) msOf.set(suite.file, (msOf.get(suite.file) ?? 0) + performance.now() - startedAt);
  });
  runner.prependOnceListener(EVENT_RUN_END, () => {
    const slow = [...msOf].filter(([, ms]) => ms >= msMin).sort(([, a], [, b]) => b - a);
    if (slow.length === 0) return;
    console.log('\n  The slowest files:');
    for (const [file, ms] of slow.slice(0, filesMax)) console.log(`  ${(ms / 1_000).toFixed(1).padStart(7)} s  ${path.relative('', file)}`);
  });
};
