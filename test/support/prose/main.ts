import { findIn, listProseFiles } from './find.ts';

const usage = `npm run prose             lists the violations of the style rules as file:line
npm run prose -- PATH…    the same for files and folders`;

const args = process.argv.slice(2);
if (args.includes('--help')) console.log(usage);
else list(args.map((path) => path.replace(/^\.\/|\/$/g, '')));

function list(paths: readonly string[]): void {
  const isWanted = (file: string) => paths.length === 0 || paths.some((path) => file === path || file.startsWith(`${path}/`));
  const findings = listProseFiles().filter(isWanted).flatMap(findIn);
  for (const { file, line, problem } of findings) console.log(`${file}:${line} ${problem}`);
  console.log(`${findings.length} findings`);
}
