// Unpacks an earlier version of this repository, so that it can be run.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { run } from './executables.ts';
import { makeTemporaryDirectory } from './run-directory.ts';
import { repository } from './source-files.ts';

/** The commit that `test/upgrade/previous-release` names. */
export function previousRelease(): string {
  return readFileSync(path.join(repository, 'test/upgrade/previous-release'), 'utf8').trim();
}

/** Whether the clone has that commit: a shallow one may not. */
export async function hasCommit(commit: string): Promise<boolean> {
  return run('git', ['cat-file', '-e', `${commit}^{commit}`], { cwd: repository }).then(
    () => true,
    () => false,
  );
}

/**
 * Unpacks a commit and returns its folder. Dependencies are shared if both versions have the same,
 * otherwise they are installed.
 */
export async function unpackVersion(commit: string): Promise<string> {
  const folder = makeTemporaryDirectory('earlier-version');
  const archive = path.join(folder, '..', `${path.basename(folder)}.tar`);
  await run('git', ['archive', '--output', archive, commit], { cwd: repository });
  execFileSync('tar', ['-xf', archive, '-C', folder]);
  const lockOf = (root: string) => readFileSync(path.join(root, 'package-lock.json'), 'utf8');
  if (lockOf(folder) === lockOf(repository)) linkDependencies(folder);
  else await run('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts', '--no-progress'], { cwd: folder });
  return folder;
}

/**
 * The repository's own packages are not shared, because links to ours would run this version's
 * code.
 */
function linkDependencies(folder: string): void {
  const [ours, theirs] = [path.join(repository, 'node_modules'), path.join(folder, 'node_modules')];
  mkdirSync(path.join(theirs, '@rollcall'), { recursive: true });
  for (const name of readdirSync(ours)) if (name !== '@rollcall') symlinkSync(path.join(ours, name), path.join(theirs, name));
  const own = {
    protocol: 'protocol',
    client: 'client-sdk',
    migrations: 'migrations',
    server: 'server',
    react: 'react',
    dashboard: 'dashboard',
  };
  for (const [name, target] of Object.entries(own)) {
    if (existsSync(path.join(folder, target))) symlinkSync(path.join(folder, target), path.join(theirs, '@rollcall', name));
  }
  for (const target of Object.values(own)) {
    const nested = path.join(repository, target, 'node_modules');
    if (existsSync(nested)) symlinkSync(nested, path.join(folder, target, 'node_modules'));
  }
}
