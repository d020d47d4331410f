import type { ReactNode } from 'react';

type Tone = 'plain' | 'accent' | 'good' | 'warn' | 'bad';

/** A short label: "Pending". */
export function Badge({ tone = 'plain', children }: { readonly tone?: Tone; readonly children: ReactNode }) {
  return <span className={`rollcall-badge rollcall-badge-${tone}`}>{children}</span>;
}

interface AvatarProps {
  readonly name: string;
  readonly id: string;
  readonly isSquare?: boolean;
  /** The address of an image, which replaces the initials. */
  readonly src?: string | null;
}

/** The initials of a person or an organization, in a color that depends on the id only. */
export function Avatar({ name, id, isSquare, src }: AvatarProps) {
  if (src) return <img className="rollcall-avatar" data-square={isSquare || undefined} src={src} alt="" />;
  return (
    <span className="rollcall-avatar" data-hue={hueOf(id)} data-square={isSquare || undefined} aria-hidden>
      {initialsOf(name)}
    </span>
  );
}

function initialsOf(name: string): string {
  const words = name.split(/[\s@._-]+/).filter((word) => /\p{L}|\p{N}/u.test(word));
  const [first = '?', second = ''] = words;
  return `${[...first][0] ?? ''}${[...second][0] ?? ''}`.toUpperCase();
}

/** The number of colors in the style sheet. */
const hueCount = 6;

function hueOf(id: string): number {
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + letter.charCodeAt(0)) % 9973;
  return sum % hueCount;
}
