import { foldText } from '@rollcall/react/parts';
import { useState } from 'react';

/** The slug for a name, generated until the user edits it. */
export function useSlug(name: string, lengthMax: number) {
  const [edited, setSlug] = useState<string | null>(null);
  return { slug: edited ?? slugOf(name, lengthMax), setSlug };
}

function slugOf(name: string, lengthMax: number): string {
  return foldText(name)
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, lengthMax)
    .replace(/-+$/, '');
}
