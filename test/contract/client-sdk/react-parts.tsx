/** @jsxRuntime automatic */
/** @jsxImportSource react */
import type { RollcallClient } from '@rollcall/client';
import {
  OrganizationProvider,
  RollcallProvider,
  useCan,
  useClientStatus,
  useFlags,
  useMe,
  useMembers,
  useOrganizationEvent,
  useOrganizationState,
  useOrganizations,
  usePresence,
  useStatus,
  useTeams,
} from '@rollcall/client/react';
import type { ReactNode } from 'react';

/** The user to whom the parts are shown. */
const ada = { userId: '1001' };

/** The number of renders of each part, by name. */
export const renders = new Map<string, number>();

function count(name: string): void {
  renders.set(name, (renders.get(name) ?? 0) + 1);
}

export function App({ client, children }: { readonly client: RollcallClient; readonly children: ReactNode }) {
  return (
    <RollcallProvider client={client} userId={ada.userId}>
      <OrganizationProvider name="acme">{children}</OrganizationProvider>
    </RollcallProvider>
  );
}

export function Members() {
  count('members');
  const members = useMembers();
  return members.map(({ name }) => name).join();
}

export function Teams() {
  count('teams');
  const teams = useTeams();
  return teams.map(({ slug }) => slug).join();
}

/** Its selector returns a new list each time. */
export function OwnerCount() {
  count('owners');
  return useOrganizationState(({ members }) => members.filter(({ orgRole }) => orgRole === 'owner')).length;
}

export function Rights() {
  count('rights');
  return `${useMe()?.orgRole} ${useCan('org:admin').allowed} ${useCan(['team:admin'], { team: 'team-5' }).allowed} `;
}

export function Listener({ name, heard }: { readonly name: string; readonly heard: string[] }) {
  useOrganizationEvent('team.created', ({ after }) => heard.push(`${name}: ${after.slug}`));
  return useFlags()?.openMembership === false ? 'closed' : 'loading';
}

export function Viewers({ page }: { readonly page: string }) {
  const viewers = usePresence(page);
  return viewers.map((viewer) => `${viewer.name} on ${viewer.page}`).join();
}

export function Organizations() {
  return useOrganizations()
    .map(({ name, orgRole }) => `${name} as ${orgRole}`)
    .join();
}

export function Status() {
  return `${useClientStatus().phase} ${useStatus().phase} ${useMembers().length} ${useCan('org:read').allowed}`;
}
