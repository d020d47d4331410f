import { ConfirmDialog } from '../../kit/confirm.tsx';
import { useLeaving } from './use-leaving.ts';

/** Asks for confirmation before the user leaves the organization. */
export default function LeaveDialog({ onClose }: { onClose(): void }) {
  const leave = useLeaving();
  return (
    <ConfirmDialog title="Leave this organization?" action="Leave organization" onConfirm={leave} onClose={onClose}>
      You lose access immediately. To rejoin, you need a new invitation.
    </ConfirmDialog>
  );
}
