import type { ComponentProps } from 'react';
import { Link } from 'wouter';
import { useSearch } from 'wouter/use-browser-location';

interface RecordLinkProps extends Omit<ComponentProps<'a'>, 'href'> {
  readonly href: string;
}

/** A link from a list to one of its records, which keeps the list's search and filters. */
export function RecordLink({ href, ...rest }: RecordLinkProps) {
  const search = useSearch();
  return <Link {...rest} href={`${href}${search}`} />;
}
