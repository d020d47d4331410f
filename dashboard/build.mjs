// Builds the console into dist/site if a source is newer than the last build, and compresses the
// files, so that the server never has to.
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));
const site = join(here, 'dist/site');
const sources = [
  'src',
  'index.html',
  'vite.config.ts',
  'build.mjs',
  'package.json',
  '../client-sdk/dist/esm',
  '../react/dist',
  '../react/styles.css',
  '../package-lock.json',
];

const builtAt = await changedAt(join(site, 'index.html'));
const changed = Math.max(...(await Promise.all(sources.map((source) => changedAt(join(here, source))))));
if (changed >= builtAt) {
  const { build } = await import('vite');
  await build({ root: here, configFile: join(here, 'vite.config.ts'), logLevel: 'warn' });
  const assets = join(site, 'assets');
  for (const name of await readdir(assets)) await compress(join(assets, name));
}

/** The latest modification time below a path; 0 if there is no file. */
async function changedAt(path) {
  const found = await stat(path).catch(() => null);
  if (!found) return 0;
  if (!found.isDirectory()) return found.mtimeMs;
  const within = await Promise.all((await readdir(path)).map((name) => changedAt(join(path, name))));
  return Math.max(0, ...within);
}

async function compress(file) {
  const text = await readFile(file);
  await writeFile(`${file}.br`, await promisify(brotliCompress)(text));
  await writeFile(`${file}.gz`, await promisify(gzip)(text, { level: 9 }));
}
