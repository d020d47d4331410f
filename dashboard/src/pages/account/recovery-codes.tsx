import { useState } from 'react';
import { Button } from '../../kit/button.ts';
import { SecretDialog } from '../../kit/secret-dialog.tsx';
import { useCopy } from '../../kit/use-copy.ts';
import { productName } from '../../product-name.ts';

/** Groups of four, which are easier to write down. A login ignores the dashes. */
function grouped(code: string): string {
  return code.match(/.{1,4}/g)!.join('-');
}

export function RecoveryCodes({ codes, onClose }: { readonly codes: readonly string[]; onClose(): void }) {
  const [isSaved, setSaved] = useState(false);
  const shown = codes.map(grouped);
  const { isCopied, copy } = useCopy(shown.join('\n'), 'Codes copied');
  const download = () => {
    const text = `Recovery codes for ${productName} at ${location.host}\nEach works once.\n\n${shown.join('\n')}\n`;
    const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
    const link = Object.assign(document.createElement('a'), { href: url, download: `${location.hostname}-recovery-codes.txt` });
    link.click();
    URL.revokeObjectURL(url);
  };
  return (
    <SecretDialog
      title="Your recovery codes"
      description="If you lose your authenticator app or your passkey, you can log in once with each of these codes and your password. Save them somewhere safe. You won’t be able to see them again."
      warning="You haven’t saved these codes"
      isSaved={isSaved}
      whyNotDone={isSaved ? null : 'Tick “I saved them” first.'}
      actions={
        <>
          <Button onClick={copy}>{isCopied ? 'Copied' : 'Copy'}</Button>
          <Button onClick={download}>Download .txt</Button>
        </>
      }
      onClose={onClose}
    >
      <ul className="recovery-codes">
        {shown.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <label className="check-line">
        <input type="checkbox" checked={isSaved} onChange={(event) => setSaved(event.target.checked)} />I saved them
      </label>
    </SecretDialog>
  );
}
