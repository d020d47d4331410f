import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import './states.css';

interface EmptyStateProps {
  readonly icon: LucideIcon;
  readonly title: string;
  readonly children?: ReactNode;
  /** A button that helps. */
  readonly action?: ReactNode;
  /** The level of the heading: 1 if this is the whole page. */
  readonly level?: 1 | 2;
}

/** Replaces a list that is empty, or a page that cannot be shown. */
export function EmptyState({ icon: Icon, title, children, action, level = 2 }: EmptyStateProps) {
  const Heading = level === 1 ? 'h1' : 'h2';
  return (
    <div className="empty-state">
      <span className="empty-state-icon">
        <Icon size={22} aria-hidden />
      </span>
      <Heading>{title}</Heading>
      {children && <div className="empty-state-text">{children}</div>}
      {action && <div className="empty-state-action">{action}</div>}
    </div>
  );
}

export { LoadingList } from '@rollcall/react/parts';
