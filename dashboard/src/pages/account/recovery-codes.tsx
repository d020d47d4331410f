import { Button } from '../../kit/button.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { useToasts } from '../../kit/toasts.tsx';

export function RecoveryCodes({ codes, onClose }: { readonly codes: readonly string[]; onClose(): void }) {
  const toasts = useToasts();
  const copy = () =>
    navigator.clipboard.writeText(codes.join('\n')).then(
      () => toasts.show({ text: 'The codes were copied' }),
      () => toasts.show({ text: 'The browser did not allow copying', isError: true }),
    );
  return (
    <Dialog
      title="Your recovery codes"
      description="Each logs you in once, should you lose your authenticator. Keep them somewhere safe: they are shown this once."
      onClose={onClose}
      actions={
        <>
          <Button onClick={copy}>Copy</Button>
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
