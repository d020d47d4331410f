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

/** The licences require that copies of the packages contain these files. */
const noticeFile = /^(licen[cs]e|copying|notice)/i;
/** Packages without a file of their licence have it here, or only name it in their manifest. */
const readmeFile = /^readme/i;

/** The folders of the packages whose modules a bundle contains. */
function packagesOf(chunks) {
  const folders = chunks.flatMap(({ moduleIds }) => moduleIds.map((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0]));
  return [...new Set(folders.filter((folder) => folder !== undefined))];
}

async function noticesOf(folder) {
  // Old manifests have a list.
  const {
    name,
    version,
    licenses = [],
    license = licenses.map(({ type }) => type).join(' or '),
    author,
  } = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8'));
  const by = author ? ` by ${author.name ?? author}` : '';
  const all = (await readdir(folder)).sort();
  const own = all.filter((file) => noticeFile.test(file));
  const files = own.length > 0 ? own : all.filter((file) => readmeFile.test(file));
  const texts = await Promise.all(files.map((file) => readFile(path.join(folder, file), 'utf8')));
  return [`${name} ${version} (${license})${by}`, ...texts.map((text) => text.trim())].join('\n\n');
}

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

const folders = packagesOf(output.filter(({ type }) => type === 'chunk'));
const notices = (await Promise.all(folders.map(noticesOf))).sort();
const files = [
  ...output.map((file) => ({ name: file.fileName, text: file.type === 'chunk' ? file.code : file.source })),
  { name: 'third-party-notices.txt', text: `${notices.join(`\n\n${'-'.repeat(80)}\n\n`)}\n` },
];

// A running server loads some of the files later, so unchanged ones are not written again.
await mkdir(to, { recursive: true });
for (const { name, text } of files) {
  const target = path.join(to, name);
  const before = await readFile(target, 'utf8').catch(() => null);
  if (before !== text) await writeFile(target, text);
}
const names = new Set(files.map(({ name }) => name));
for (const name of await readdir(to)) if (!names.has(name)) await rm(path.join(to, name));
