import { useLocation } from 'wouter';
import { useToasts } from '../../kit/toast-context.ts';
import { useCommands } from '../../live/commands.tsx';
import { ownMembershipKey } from '../../live/highlights.ts';
import { useOrganization } from '../../live/organization.tsx';
import { whenNotListed } from '../../session/organizations.ts';
import { useSession } from '../../session/session.tsx';

/**
 * Leaves the organization, then opens the list of organizations. Rejects after an error, which was
 * shown.
 */
export function useLeaving(): () => Promise<void> {
  const org = useOrganization();
  const { client } = useSession();
  const { run } = useCommands();
  const toasts = useToasts();
  const [, navigate] = useLocation();
  return async () => {
    const { id } = org;
    const name = org.state.organization?.name ?? 'the organization';
    await run({ send: () => org.removeMember('me'), keys: [ownMembershipKey] });
    // A list that still contained this organization could redirect back to it.
    if (id !== null) await whenNotListed(client, id);
    navigate('/', { replace: true });
    toasts.show({ text: `You left ${name}` });
  };
}
