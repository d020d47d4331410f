import { type ReactNode, useEffect, useRef } from 'react';
import { useOrgState } from '../live/organization.tsx';
import { productName } from '../product-name.ts';

interface PageHeaderProps {
  readonly title: string;
  readonly description?: ReactNode;
  readonly actions?: ReactNode;
}

/**
 * Whether this document showed another page before. The focus then moves to the heading, as after a
 * page load.
 */
let wasShown = false;

export function PageHeader({ title, description, actions }: PageHeaderProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const organization = useOrgState((state) => state.organization?.name ?? null);
  useEffect(() => {
    document.title = `${title}${organization === null ? '' : ` · ${organization}`} · ${productName}`;
  }, [title, organization]);
  useEffect(() => {
    if (wasShown) {
      window.scrollTo(0, 0);
      heading.current?.focus();
    }
    wasShown = true;
  }, []);
  return (
    <div className="page-header">
      <div>
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {description && <p>{description}</p>}
      </div>
      {actions && <div className="page-actions">{actions}</div>}
    </div>
  );
}
