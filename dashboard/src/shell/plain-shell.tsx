import { PortalProvider } from '@rollcall/react/parts';
import { type ReactNode, useEffect, useState } from 'react';
import { Link } from 'wouter';
import { UserMenu } from './user-menu.tsx';
import './plain-shell.css';
import { productName } from '../product-name.ts';

/** The layout of pages that belong to no organization. */
export default function PlainShell({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  const [main, setMain] = useState<HTMLElement | null>(null);
  useEffect(() => {
    document.title = `${title} · ${productName}`;
  }, [title]);
  return (
    <PortalProvider value={main}>
      <header className="plain-header">
        <Link href="/" className="brand">
          <img src="/pages/icon.svg" alt="" width="24" height="24" />
          {productName}
        </Link>
        <div>
          <UserMenu />
        </div>
      </header>
      <main ref={setMain} className="plain-main">
        {children}
      </main>
    </PortalProvider>
  );
}
