// Creates dist/esm, the published package: the compiled modules of the client, with those of the
// protocol beside them, so that the package needs nothing else of the workspace. The modules stay
// separate files, so an application that imports only `OrgError` doesn't load the socket. tsc's own
// output in dist/tsc is left unchanged, because `tsc -b` relies on it.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, 'dist/esm');
const sources = [
  { from: join(here, 'dist/tsc'), to: '.' },
  { from: join(here, '../protocol/dist'), to: 'protocol' },
];

const files = new Map();
for (const { from, to } of sources) {
  for (const path of await readdir(from, { recursive: true })) {
    if (/\.(js|d\.ts)$/.test(path) && !isShape(to, path))
      files.set(join(to, path), rewrite(await readFile(join(from, path), 'utf8'), path));
  }
}
if (!files.has('index.js') || !files.has('protocol/index.js')) throw new Error('Nothing to bundle: run `tsc -b` first.');

for (const path of files.keys()) await mkdir(join(target, dirname(path)), { recursive: true });
for (const path of await readdir(target, { recursive: true })) {
  if (/\.(js|ts|map)$/.test(path) && !files.has(path)) await rm(join(target, path));
}
for (const [path, text] of files) {
  // Unchanged files are not written, because a process may be reading them.
  const before = await readFile(join(target, path), 'utf8').catch(() => null);
  if (before !== text) await writeFile(join(target, path), text);
}

/** The client takes only types from the shapes of the REST API, so their code is not published. */
function isShape(to, path) {
  return to === 'protocol' && path.startsWith('rest/') && path.endsWith('.js');
}

function rewrite(text, path) {
  const up = relative(dirname(path), '.') || '.';
  const selfContained = text
    .replaceAll(/(['"])@rollcall\/protocol(\/rest)?\1/g, (_match, _quote, folder = '') => `'${up}/protocol${folder}/index.js'`)
    .replace(/\n?\/\/# sourceMappingURL=.*\s*$/, '\n');
  // In declarations, tsc keeps the extensions of the source.
  return path.endsWith('.d.ts') ? selfContained.replaceAll(/(from |import\()(['"])(\.{1,2}\/[^'"]+)\.ts\2/g, '$1$2$3.js$2') : selfContained;
}
