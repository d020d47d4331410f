import { lazy, Suspense } from 'react';
import { Redirect, Route, Switch } from 'wouter';
import { loadOnce } from './kit/on-demand.tsx';
import { LoadingList } from './kit/states.tsx';
import { OrganizationProvider } from './live/organization.tsx';
import { NotFoundPage } from './pages/not-found-page.tsx';
import { PageBoundary } from './shell/page-boundary.tsx';
import { organizationPages } from './shell/pages.ts';
import { PlainShell } from './shell/plain-shell.tsx';
import { Shell } from './shell/shell.tsx';

const OrganizationsPage = lazy(loadOnce(() => import('./pages/organizations/organizations-page.tsx')));
const AccountPage = lazy(loadOnce(() => import('./pages/account/account-page.tsx')));
const lazyPages = new Map(organizationPages.map(({ path, load }) => [path, lazy(loadOnce(load))]));

export function App() {
  return (
    <Switch>
      <Route path="/">
        <PageBoundary>
          <Suspense fallback={<LoadingList label="Loading page" />}>
            <OrganizationsPage />
          </Suspense>
        </PageBoundary>
      </Route>
      <Route path="/organizations">
        <Redirect to="/" replace />
      </Route>
      <Route path="/organizations/:org/*?">
        {({ org, '*': rest }) => <OrganizationRoute key={org} org={org} page={rest?.split('/')[0] || undefined} />}
      </Route>
      <Route path="/account/*?">
        <PageBoundary>
          <Suspense fallback={<LoadingList label="Loading page" />}>
            <AccountPage />
          </Suspense>
        </PageBoundary>
      </Route>
      <Route>
        <PlainShell title="Page not found">
          <NotFoundPage />
        </PlainShell>
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
        <PageBoundary key={page}>
          <Suspense fallback={<LoadingList label="Loading page" />}>{Page ? <Page /> : <NotFoundPage />}</Suspense>
        </PageBoundary>
      </Shell>
    </OrganizationProvider>
  );
}
