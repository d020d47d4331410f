import { type ReactNode, useId } from 'react';
import { classNames } from './class-names.ts';
import './section.css';

interface SectionProps {
  readonly title: string;
  readonly description?: ReactNode;
  /** For what cannot be taken back. */
  readonly isDanger?: boolean;
  readonly children: ReactNode;
}

/** Settings that belong together: what they are about stands beside their card, or above it where there is no room. */
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
  /** Its label where `htmlFor` names a control. */
  readonly title: ReactNode;
  readonly hint?: ReactNode;
  readonly isChanged?: boolean;
  readonly children: ReactNode;
}

/** A setting for those who may only read it. */
export function ReadOnlyRow({ title, hint, isChanged, value }: Omit<SettingRowProps, 'children'> & { readonly value: string }) {
  return (
    <SettingRow title={title} hint={hint} isChanged={isChanged ?? false}>
      <span className="setting-value">{value}</span>
    </SettingRow>
  );
}

/** What a setting is, and at the end of the line what it is set by. */
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
