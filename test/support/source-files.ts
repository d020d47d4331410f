import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const repository = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Files below a folder of the repository with these endings, as paths from the repository, with
 * forward slashes.
 */
export function listFiles(folder: string, ...endings: readonly string[]): string[] {
  return readdirSync(path.join(repository, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => endings.some((ending) => file.endsWith(ending)) && !/(^|[\\/])(node_modules|dist)[\\/]/.test(file))
    .map((file) => path.posix.join(folder, file.replaceAll('\\', '/')))
    .sort();
}

export function readSource(file: string): string {
  return readFileSync(path.join(repository, file), 'utf8');
}

/** The text of all chapters of a document that is a folder, such as `docs/operating`. */
export function readChapters(folder: string): string {
  return listFiles(folder, '.md').map(readSource).join('\n');
}

export interface ImportLine {
  /** A path from the repository for our files, otherwise the name of the package or module. */
  readonly target: string;
  readonly isTypeOnly: boolean;
}

const importPattern = /^(?:import|export)\s+(type\s)?(?:([^;'"]*?)\s+from\s+)?'([^']+)'|\bimport\('([^']+)'\)/gm;

/** The compiler removes types, so an import of nothing but types loads no code. */
export function readImports(file: string): ImportLine[] {
  return [...readSource(file).matchAll(importPattern)].map(([, typeWord, names = '', from, dynamic]) => {
    const specifier = (from ?? dynamic)!;
    const target = specifier.startsWith('.') ? path.posix.join(path.posix.dirname(file), specifier) : specifier;
    const named = /^\{([\s\S]*)\}$/
      .exec(names.trim())?.[1]
      ?.split(',')
      .filter((name) => name.trim() !== '');
    const isTypeOnly = typeWord !== undefined || named?.every((name) => name.trim().startsWith('type ')) === true;
    return { target, isTypeOnly };
  });
}
