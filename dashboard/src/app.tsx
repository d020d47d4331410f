import { loadable } from '@rollcall/react/parts';
import { type ReactNode, Suspense, useState } from 'react';
import { Redirect, Route, Switch } from 'wouter';
import { LoadingList } from './kit/states.tsx';
import { OrganizationProvider } from './live/organization.tsx';
import { useSession } from './session/session.tsx';
import { PageBoundary } from './shell/page-boundary.tsx';
import { organizationPages } from './shell/pages.ts';
import { Shell } from './shell/shell.tsx';

const OrganizationsPage = loadable(() => import('./pages/organizations/organizations-page.tsx'));
const AccountPage = loadable(() => import('./pages/account/account-page.tsx'));
const SecondFactorPage = loadable(() => import('./pages/account/second-factor-page.tsx'));
const NotFoundPage = loadable(() => import('./pages/not-found-page.tsx'));
const PlainShell = loadable(() => import('./shell/plain-shell.tsx'));
const lazyPages = new Map(organizationPages.map(({ path, load }) => [path, loadable(load)]));

export function App() {
  const { secondFactorNeeded } = useSession();
  if (secondFactorNeeded !== null) {
    return (
      <LazyPage>
        <SecondFactorPage needed={secondFactorNeeded} />
      </LazyPage>
    );
  }
  return (
    <Switch>
      <Route path="/">
        <LazyPage key="organizations">
          <OrganizationsPage />
        </LazyPage>
      </Route>
      <Route path="/organizations">
        <Redirect to="/" replace />
      </Route>
      <Route path="/organizations/:org/*?">
        {({ org, '*': rest }) => <OrganizationRoute org={org} page={rest?.split('/')[0] || undefined} />}
      </Route>
      <Route path="/account/*?">
        <LazyPage key="account">
          <AccountPage />
        </LazyPage>
      </Route>
      <Route>
        <LazyPage key="not-found">
          <PlainShell title="Page not found">
            <NotFoundPage />
          </PlainShell>
        </LazyPage>
      </Route>
    </Switch>
  );
}

function OrganizationRoute({ org, page }: { readonly org: string; readonly page: string | undefined }) {
  // An organization stays open, with its dialogs and selections, when only its slug changes.
  const [opened, setOpened] = useState({ key: 0, name: org, slug: org });
  if (opened.slug !== org) setOpened({ key: opened.key + 1, name: org, slug: org });
  if (page === undefined) return <Redirect to={`/organizations/${org}/${organizationPages[0]!.path}/`} replace />;
  const Page = lazyPages.get(page);
  return (
    <OrganizationProvider key={opened.key} name={opened.name}>
      <Shell
        slug={org}
        onRenamed={(slug) => {
          // Changed in place, since the address changes before a new state would be rendered.
          opened.slug = slug;
        }}
      >
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
