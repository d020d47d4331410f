import { Button } from '../../kit/button.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { useCopy } from '../../kit/use-copy.ts';

export function RecoveryCodes({ codes, onClose }: { readonly codes: readonly string[]; onClose(): void }) {
  const { isCopied, copy } = useCopy(codes.join('\n'), 'The codes were copied');
  return (
    <Dialog
      title="Your recovery codes"
      description="Each logs you in once, should you lose your authenticator. Keep them somewhere safe: they are shown this once."
      onClose={onClose}
      actions={
        <>
          <Button onClick={copy}>{isCopied ? 'Copied' : 'Copy'}</Button>
          <Button variant="primary" onClick={onClose}>
            I have kept them
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
