// Removes what `tsc -b` once wrote for sources that no longer exist. It never removes anything, and
// `npm pack` would publish it.
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';

/** Where the compiler writes the modules of each package. */
const outputs = {
  protocol: 'dist',
  'client-sdk': 'dist/tsc',
  migrations: 'dist',
  server: 'dist',
  react: 'dist',
};
/** Folders in these that other steps of the build fill. */
const others = ['server/dist/bundle', 'server/dist/console'];

const isOther = (file) => others.some((folder) => file.startsWith(path.normalize(`${folder}/`)));

for (const [workspace, output] of Object.entries(outputs)) {
  const folder = path.join(workspace, output);
  for (const name of existsSync(folder) ? await readdir(folder, { recursive: true }) : []) {
    const source = /^(.+?)\.(?:d\.m?ts|m?js)(?:\.map)?$/.exec(name)?.[1];
    if (source === undefined || isOther(path.join(folder, name))) continue;
    const hasSource = ['.ts', '.tsx', '.mjs'].some((ending) => existsSync(path.join(workspace, 'src', source + ending)));
    if (!hasSource) await rm(path.join(folder, name));
  }
}
