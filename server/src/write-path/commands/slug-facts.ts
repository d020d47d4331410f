import { slugCandidates } from '../../domain/slugs.ts';
import { randomSlugSuffixes } from '../../runtime/secrets/random.ts';

/** The facts for choosing a new slug. */
export interface SlugFacts {
  readonly suffixes: readonly string[];
  /** The candidates that are taken. */
  readonly taken: ReadonlySet<string>;
}

/** @param readTaken reads the records that have one of these slugs */
export async function loadSlugFacts(
  wanted: string,
  readTaken: (slugs: readonly string[]) => Promise<readonly { readonly slug: string }[]>,
): Promise<SlugFacts> {
  const suffixes = randomSlugSuffixes();
  const taken = await readTaken(slugCandidates(wanted, suffixes));
  return { suffixes, taken: new Set(taken.map(({ slug }) => slug)) };
}
