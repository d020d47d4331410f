import { TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import './notice.css';

interface NoticeProps {
  readonly role?: 'alert';
  readonly children: ReactNode;
}

/** A warning that stays visible in a page or a dialog. */
export function Notice({ role, children }: NoticeProps) {
  return (
    <p className="notice" role={role}>
      <TriangleAlert size={16} aria-hidden />
      <span>{children}</span>
    </p>
  );
}
