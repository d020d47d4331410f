import { Button } from './button.ts';

interface CancelButtonProps {
  /** Whether the request of the dialog runs. Closing the dialog would hide its result. */
  readonly isBusy: boolean;
  onClose(): void;
}

/** Closes a dialog that sends a request. */
export function CancelButton({ isBusy, onClose }: CancelButtonProps) {
  return (
    <Button onClick={onClose} whyNot={isBusy ? 'The server hasn’t responded yet.' : null}>
      Cancel
    </Button>
  );
}
