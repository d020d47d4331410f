import { findIn, listProseFiles } from './find.ts';
import { countPerPath, writeAllowed } from './ratchet.ts';

const usage = `npm run prose                  lists what the style rules find, as file:line
npm run prose -- PATH…         the same for files and folders
npm run prose -- --write       lowers the counts that test/architecture/prose.test.ts allows`;

const args = process.argv.slice(2);
if (args.includes('--help')) console.log(usage);
else if (args.includes('--write')) writeAllowed(countPerPath(listProseFiles().flatMap(findIn)));
else list(args.map((path) => path.replace(/^\.\/|\/$/g, '')));

function list(paths: readonly string[]): void {
  const isWanted = (file: string) => paths.length === 0 || paths.some((path) => file === path || file.startsWith(`${path}/`));
  const findings = listProseFiles().filter(isWanted).flatMap(findIn);
  for (const { file, line, problem } of findings) console.log(`${file}:${line} ${problem}`);
  console.log(`${findings.length} findings`);
}
