import { type ReactNode, useEffect, useRef } from 'react';
import { useOrgState } from '../live/organization.tsx';
import { productName } from '../product-name.ts';

interface PageHeaderProps {
  readonly title: string;
  readonly description?: ReactNode;
  readonly actions?: ReactNode;
}

/** Whether a page was shown before in this document: then one came here by a link, and the focus comes along. */
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
