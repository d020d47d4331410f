// Ends `npm start` and `npm test` with one line where Node is too old for the rest.
import { readFileSync } from 'node:fs';

const { engines } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const [major, minor] = process.versions.node.split('.').map(Number);
const [majorMin, minorMin] = engines.node.slice('>='.length).split('.').map(Number);
if (major < majorMin || (major === majorMin && minor < minorMin)) {
  console.error(`Rollcall requires Node.js ${majorMin}.${minorMin} or newer, but this is ${process.versions.node}.`);
  process.exit(1);
}
