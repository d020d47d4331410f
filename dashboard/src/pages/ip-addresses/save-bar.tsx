import { useState } from 'react';
import { Button } from '../../kit/button.ts';
import { ConfirmDialog } from '../../kit/confirm.tsx';

interface SaveBarProps {
  /** Why the server rejected the list. */
  readonly error: string | null;
  /** The effect of saving, if it must be confirmed. */
  readonly effect: string | null;
  /** Resolves after an error too. */
  save(): Promise<void>;
  onDiscard(): void;
}

export function SaveBar({ error, effect, save, onDiscard }: SaveBarProps) {
  const [isConfirming, setConfirming] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const saveNow = async () => {
    setBusy(true);
    await save();
    setBusy(false);
  };
  return (
    <section className="card save-bar" aria-label="Unsaved changes">
      <div>
        <strong>Unsaved changes</strong>
        {error ? (
          <p className="rollcall-field-error" role="alert">
            {error}
          </p>
        ) : (
          effect && <p className="save-effect">{effect}</p>
        )}
      </div>
      <div className="section-actions">
        <Button onClick={onDiscard}>Discard</Button>
        <Button variant="primary" isBusy={isBusy} onClick={() => (effect ? setConfirming(true) : saveNow())}>
          Save changes
        </Button>
      </div>
      {isConfirming && (
        <ConfirmDialog title="Save the IP addresses?" action="Save changes" onConfirm={saveNow} onClose={() => setConfirming(false)}>
          {effect}
        </ConfirmDialog>
      )}
    </section>
  );
}
