import { listFiles, readImports, readSource } from './source-files.ts';

export interface Manifest {
  /** `server/package.json`. */
  readonly file: string;
  /** Packages that it names, sorted, without those of this repository. */
  readonly packages: readonly string[];
  /** The packages under `dependencies`. */
  readonly production: readonly string[];
}

const kinds = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'] as const;
const files = ['package.json', 'protocol', 'client-sdk', 'migrations', 'server', 'react', 'dashboard', 'bench', 'test/bundlers'].map(
  (name) => (name === 'package.json' ? name : `${name}/package.json`),
);

export function readManifests(): Manifest[] {
  return files.map((file) => {
    const manifest = JSON.parse(readSource(file));
    const namesOf = (kind: (typeof kinds)[number]) => Object.keys(manifest[kind] ?? {}).filter((name) => !name.startsWith('@rollcall/'));
    return { file, packages: [...new Set(kinds.flatMap(namesOf))].sort(), production: namesOf('dependencies') };
  });
}

/** Packages that the files below these folders import or resolve. */
export function importedPackages(...folders: readonly string[]): ReadonlySet<string> {
  const sources = folders.flatMap((folder) => listFiles(folder, '.ts', '.tsx', '.mjs', '.cjs'));
  const specifiers = sources.flatMap((file) => [
    ...readImports(file).map(({ target }) => target),
    ...[...readSource(file).matchAll(/\b(?:resolve|require)\('([^']+)'/g)].map(([, target]) => target!),
  ]);
  return new Set(specifiers.map(packageOf));
}

/** `socket.io` of `socket.io/dist/namespace`, `node` of `node:fs`. */
function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return 'node';
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}
