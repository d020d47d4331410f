import { nodeVersionProblem } from './cli/node-version.ts';

const problem = nodeVersionProblem(process.versions.node);
if (problem !== null) {
  console.error(`rollcall: ${problem}`);
  process.exit(1);
}
// Only now: an older Node fails already at loading the rest, with an error that names none of this.
const { runCommandLine } = await import('./cli/run-command-line.ts');
process.exit(await runCommandLine(process.argv.slice(2)));
