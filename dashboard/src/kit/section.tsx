import { classNames } from '@rollcall/react/parts';
import { type ReactNode, useId } from 'react';
import './section.css';

interface SectionProps {
  readonly title: string;
  readonly description?: ReactNode;
  /** Marks actions that cannot be undone. */
  readonly isDanger?: boolean;
  readonly children: ReactNode;
}

/**
 * A group of settings. Title and description are beside the card, or above it on narrow screens.
 */
export function Section({ title, description, isDanger, children }: SectionProps) {
  const id = useId();
  return (
    <section className={classNames('section', isDanger && 'section-danger')} aria-labelledby={id}>
      <div className="section-about">
        <h2 id={id}>{title}</h2>
        {description && <p>{description}</p>}
      </div>
      <div className="card section-card">{children}</div>
    </section>
  );
}

interface SettingRowProps {
  readonly title: ReactNode;
  readonly hint?: ReactNode;
  readonly isChanged?: boolean;
  readonly children: ReactNode;
}

/** A setting that the user may read but not change. */
export function ReadOnlyRow({ title, hint, isChanged, value }: Omit<SettingRowProps, 'children'> & { readonly value: string }) {
  return (
    <SettingRow title={title} hint={hint} isChanged={isChanged ?? false}>
      <span className="setting-value">{value}</span>
    </SettingRow>
  );
}

/** The title and hint of a setting, with its control at the end of the line. */
export function SettingRow({ title, hint, isChanged, children }: SettingRowProps) {
  return (
    <div className="switch-row setting-row" data-changed={isChanged || undefined}>
      <div>
        <strong>{title}</strong>
        {hint && <p>{hint}</p>}
      </div>
      <div className="setting-control">{children}</div>
    </div>
  );
}
