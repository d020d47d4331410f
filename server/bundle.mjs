// Bundles the server's command line, with the packages that it uses, into few files in
// `dist/bundle` (ADR 54). The modules in `dist` stay, for programs that import the package.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const from = fileURLToPath(new URL('dist', import.meta.url));
const to = path.join(from, 'bundle');

/** Lets our modules find their workers and files from where `tsc` wrote them. */
const originalUrls = {
  name: 'original-urls',
  transform(code, file) {
    if (!file.startsWith(from) || !code.includes('import.meta.url')) return null;
    const original = path.relative(to, file).replaceAll(path.sep, '/');
    return { code: code.replaceAll('import.meta.url', `new URL('${original}', import.meta.url).href`), map: null };
  },
};

const { output } = await build({
  input: path.join(from, 'main.js'),
  platform: 'node',
  // The first has a binary, the second files of its own. The last two are optional.
  external: ['@node-rs/argon2', /^@electric-sql\//, 'ioredis', 'pg-native'],
  plugins: [originalUrls],
  // Logs name errors by their class.
  output: { dir: to, keepNames: true },
  write: false,
});

// A running server loads some of the files later, so unchanged ones are not written again.
await mkdir(to, { recursive: true });
for (const file of output) {
  const target = path.join(to, file.fileName);
  const text = file.type === 'chunk' ? file.code : file.source;
  const before = await readFile(target, 'utf8').catch(() => null);
  if (before !== text) await writeFile(target, text);
}
const names = new Set(output.map(({ fileName }) => fileName));
for (const name of await readdir(to)) if (!names.has(name)) await rm(path.join(to, name));
