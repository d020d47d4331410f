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

interface LoadingProps {
  readonly label: string;
  /** The part that has been received, if known. */
  readonly progress?: { readonly part: number; readonly parts: number } | null;
  readonly rows?: number;
}

/** A skeleton of a list that is loading. */
export function LoadingList({ label, progress, rows = 8 }: LoadingProps) {
  return (
    <div className="loading-list">
      {progress && progress.parts > 1 && (
        <div className="loading-progress">
          <progress aria-label={label} value={progress.part} max={progress.parts} />
          <span>
            {label} {Math.round((100 * progress.part) / progress.parts)}%
          </span>
        </div>
      )}
      <span className="visually-hidden">{label}</span>
      <div aria-hidden>
        {Array.from({ length: rows }, (_, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike.
          <div key={index} className="skeleton-row">
            <span className="skeleton skeleton-circle" />
            <span className="skeleton" />
            <span className="skeleton skeleton-short" />
          </div>
        ))}
      </div>
    </div>
  );
}
