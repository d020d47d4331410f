import type { ComponentProps } from 'react';
import { Link, useSearch } from 'wouter';

interface RecordLinkProps extends Omit<ComponentProps<'a'>, 'href'> {
  readonly href: string;
}

/** A link from a list to one of its records, which keeps the list's search and filters. */
export function RecordLink({ href, ...rest }: RecordLinkProps) {
  const search = useSearch();
  return <Link {...rest} href={search === '' ? href : `${href}?${search}`} />;
}
