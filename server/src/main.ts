import { nodeVersionProblem } from './cli/node-version.ts';

const problem = nodeVersionProblem(process.versions.node);
if (problem !== null) {
  console.error(`rollcall: ${problem}`);
  process.exit(1);
}
// Imported dynamically, because an older Node fails to load the rest, with an error that does not
// mention the version.
const { runCommandLine } = await import('./cli/run-command-line.ts');
process.exit(await runCommandLine(process.argv.slice(2)));
