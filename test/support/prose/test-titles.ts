export interface TestTitle {
  readonly isTest: boolean;
  readonly text: string;
  readonly start: number;
  /** Titles of the `describe` calls around it, the outermost first. */
  readonly describes: readonly string[];
}

/** The first words of titles that only continue a sentence. A title must not begin with one. */
const continuations = words(
  'is are was were be been and but or nor so yet also too even of in by with without for from to at on off than not',
  'that which who whom whose as like only then it its they them their',
);
/** A `describe` that begins so has a circumstance in place of a subject. */
const circumstances = words('what how when where why whether if while after before once until since during under over between beside');

/**
 * The problem of a title, read together with the `describe` calls around it; null when it names its
 * subject.
 */
export function problemOfTitle({ isTest, text, describes }: TestTitle): string | null {
  const first = firstWord(text);
  if (continuations.has(first)) return `a title that begins with "${first}"`;
  if (circumstances.has(first) && describes.length === 0) return `a title that begins with "${first}" and names no subject`;
  if (isTest && describes.length === 0) return 'a test without a describe that names its subject';
  return null;
}

/** First word after the rules in brackets, `[W3]`. Empty when a template begins with a value. */
function firstWord(text: string): string {
  return /^[a-z'’]+/.exec(text.trim().replace(/^(\[[^\]]*\]\s*)+/, ''))?.[0] ?? '';
}

function words(...lists: string[]): ReadonlySet<string> {
  return new Set(lists.flatMap((list) => list.split(' ')));
}
