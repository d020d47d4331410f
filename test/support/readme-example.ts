import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { makeTemporaryDirectory } from './run-directory.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** Imports the first TypeScript example below a heading of the client's README. */
export async function importExample<Module>(heading: string): Promise<Module> {
  const [, section] = readFileSync(join(repository, 'client-sdk/README.md'), 'utf8').split(`\n${heading}\n`);
  const example = section && /```ts\n(.*?)```/s.exec(section)?.[1];
  if (!example) throw new Error(`There is no example below "${heading}".`);
  const folder = makeTemporaryDirectory('readme');
  mkdirSync(folder, { recursive: true });
  symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
  writeFileSync(join(folder, 'example.ts'), example);
  return import(pathToFileURL(join(folder, 'example.ts')).href);
}
