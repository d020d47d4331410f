import { loadOnce } from '@rollcall/react/parts';
import { lazy, type ReactNode, Suspense } from 'react';
import { Redirect, Route, Switch } from 'wouter';
import { LoadingList } from './kit/states.tsx';
import { OrganizationProvider } from './live/organization.tsx';
import { PageBoundary } from './shell/page-boundary.tsx';
import { organizationPages } from './shell/pages.ts';
import { Shell } from './shell/shell.tsx';

const OrganizationsPage = lazy(loadOnce(() => import('./pages/organizations/organizations-page.tsx')));
const AccountPage = lazy(loadOnce(() => import('./pages/account/account-page.tsx')));
const NotFoundPage = lazy(loadOnce(() => import('./pages/not-found-page.tsx')));
const PlainShell = lazy(loadOnce(() => import('./shell/plain-shell.tsx')));
const lazyPages = new Map(organizationPages.map(({ path, load }) => [path, lazy(loadOnce(load))]));

export function App() {
  return (
    <Switch>
      <Route path="/">
        <LazyPage>
          <OrganizationsPage />
        </LazyPage>
      </Route>
      <Route path="/organizations">
        <Redirect to="/" replace />
      </Route>
      <Route path="/organizations/:org/*?">
        {({ org, '*': rest }) => <OrganizationRoute key={org} org={org} page={rest?.split('/')[0] || undefined} />}
      </Route>
      <Route path="/account/*?">
        <LazyPage>
          <AccountPage />
        </LazyPage>
      </Route>
      <Route>
        <LazyPage>
          <PlainShell title="Page not found">
            <NotFoundPage />
          </PlainShell>
        </LazyPage>
      </Route>
    </Switch>
  );
}

function OrganizationRoute({ org, page }: { readonly org: string; readonly page: string | undefined }) {
  if (page === undefined) return <Redirect to={`/organizations/${org}/${organizationPages[0]!.path}/`} replace />;
  const Page = lazyPages.get(page);
  return (
    <OrganizationProvider slug={org}>
      <Shell slug={org}>
        <LazyPage key={page}>{Page ? <Page /> : <NotFoundPage />}</LazyPage>
      </Shell>
    </OrganizationProvider>
  );
}

function LazyPage({ children }: { readonly children: ReactNode }) {
  return (
    <PageBoundary>
      <Suspense fallback={<LoadingList label="Loading page" />}>{children}</Suspense>
    </PageBoundary>
  );
}
