import { importedPackages, readManifests } from '../support/manifests.ts';

interface LockedPackage {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

export interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

/**
 * Names of the packages that run on the server or in a browser. The console's are development
 * dependencies, so `npm audit --omit=dev` doesn't see them. Versions are ignored: an old version
 * that only tests use counts too.
 */
export function productionPackages(lock: Lock): ReadonlySet<string> {
  const shipped = importedPackages('dashboard/src');
  const names = readManifests().flatMap(({ file, packages, production }) => {
    if (file === 'bench/package.json') return [];
    return file === 'dashboard/package.json' ? packages.filter((name) => shipped.has(name)) : production;
  });
  const found = new Set<string>();
  for (let name = names.pop(); name !== undefined; name = names.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    for (const [path, { dependencies, optionalDependencies, peerDependencies }] of Object.entries(lock.packages)) {
      if (path.endsWith(`node_modules/${name}`))
        names.push(...Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies }));
    }
  }
  return found;
}
