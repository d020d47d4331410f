// The spec reporter, plus one closing line that a script can read: `12 passed, 0 failed`, or
// `12 passed, 0 failed, 3 skipped`. It is written as the process exits, so that it follows any late
// output of the tests. It also counts failures that mocha leaves out of its exit code:
// - a run that never began (a spec that can't be loaded) or was cut short (something called
//   process.exit);
// - an error thrown after the last test;
// - a run that doesn't end by itself, because a test left a server, socket or child process open.
'use strict';

const { reporters, Runner } = require('mocha');
const writeFileResults = require('./file-results.cjs');
const listSlowestFiles = require('./slowest-files.cjs');

/**
 * The time for resources that tests left open to close. It is shorter than the 10 s after which
 * pg's pool closes an idle connection. Otherwise a pool that a test forgot to end would go
 * unnoticed.
 */
const graceMs = 5_000;

/** Undefined until a run begins. */
let stats;
let runEnded = false;
let strayFailures = 0;

function stray(message) {
  strayFailures += 1;
  console.error(`\n${message}`);
}

function describeHandle(handle) {
  const name = handle.constructor?.name ?? 'handle';
  if (Array.isArray(handle.spawnargs)) return `${name} ${handle.pid}: ${handle.spawnargs.join(' ').slice(0, 200)}`;
  if (name === 'Socket' && handle.remotePort) return `${name} to ${handle.remoteAddress}:${handle.remotePort}`;
  if (typeof handle.address === 'function' && handle.address()?.port) return `${name} on ${JSON.stringify(handle.address())}`;
  return name;
}

/**
 * The resources that keep the process alive, one line each. Node exposes the handles only under
 * this undocumented name.
 */
function whatIsOpen() {
  const handles = (process._getActiveHandles?.() ?? []).filter((handle) => !(handle.fd >= 0 && handle.fd <= 2));
  const timers = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout' || kind === 'Immediate');
  return [...handles.map(describeHandle), ...timers].map((line) => `  ${line}`).join('\n');
}

process.once('exit', (code) => {
  if (!stats) stray('The run could not begin.');
  else if (!runEnded) stray('The run was cut short: something ended the process before the last test.');
  else if (code !== 0 && stats.failures + strayFailures === 0) stray(`The process exited with code ${code} after the last test.`);

  const passed = stats?.passes ?? 0;
  const failed = (stats?.failures ?? 0) + strayFailures;
  const skipped = stats?.pending ?? 0;
  if (failed > 0) process.exitCode ||= 1;
  console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
});

// Without these an interrupted run has no closing line, and mocha's wrapper exits with code 0. Not
// once(): Ctrl-C arrives twice, from the terminal and from the wrapper, and the second one would
// kill the process before it has printed the line.
process.on('SIGINT', () => process.exit(130));
process.on('SIGTERM', () => process.exit(143));

// The wrapper passes on SIGINT only. If it is ended otherwise, the run must not continue
// unattended.
const wrapper = process.ppid;
setInterval(() => process.ppid !== wrapper && process.exit(143), 500).unref();

module.exports = class ClosingLineReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    listSlowestFiles(runner);
    if (process.env.FILE_RESULTS) writeFileResults(runner, process.env.FILE_RESULTS);
    stats = this.stats;
    runEnded = false;
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      runEnded = true;
      // Mocha's own handlers throw a later error again, which ends the process without an exit
      // event.
      process.removeListener('uncaughtException', runner.uncaught);
      process.removeListener('unhandledRejection', runner.unhandled);
      process.on('uncaughtException', (error) => stray(`Thrown after the last test: ${error?.stack ?? error}`));
      // Unreferenced: it fires only if something else keeps the process alive.
      setTimeout(() => {
        stray(`The run did not end by itself within ${graceMs / 1000} s of the last test. Still open:\n${whatIsOpen()}`);
        process.exit(1);
      }, graceMs).unref();
      // Mocha overwrites the exit code with its own count in an exit listener that it adds after
      // this event.
      setImmediate(() =>
        process.once('exit', () => {
          if (strayFailures > 0) process.exitCode ||= 1;
        }),
      ).unref();
    });
  }
};
