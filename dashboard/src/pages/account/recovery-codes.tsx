import { Button } from '../../kit/button.ts';
import { Dialog } from '../../kit/dialog.ts';
import { useCopy } from '../../kit/use-copy.ts';

export function RecoveryCodes({ codes, onClose }: { readonly codes: readonly string[]; onClose(): void }) {
  const { isCopied, copy } = useCopy(codes.join('\n'), 'Codes copied');
  return (
    <Dialog
      title="Your recovery codes"
      description="If you lose your authenticator app, you can log in once with each of these codes. Save them somewhere safe. You won’t be able to see them again."
      onClose={onClose}
      actions={
        <>
          <Button onClick={copy}>{isCopied ? 'Copied' : 'Copy'}</Button>
          <Button variant="primary" onClick={onClose}>
            Done
          </Button>
        </>
      }
    >
      <ul className="recovery-codes">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
