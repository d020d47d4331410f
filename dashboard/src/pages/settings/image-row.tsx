import { useRef, useState } from 'react';
import { Avatar } from '../../kit/badge.tsx';
import { Button } from '../../kit/button.tsx';
import { useCommands } from '../../live/commands.tsx';
import { useOrganization } from '../../live/organization.tsx';
import { imageOf } from '../../shell/organization-image.ts';
import { readAsBase64 } from './read-as-base64.ts';
import type { SettingContext } from './setting-switch.tsx';

/** Five million bytes, as many as the server takes. */
const imageBytesMax = 5_000_000;

/** The organization's image; its initials where it has none. */
export function ImageRow({ organization, whyNot }: Omit<SettingContext, 'save'>) {
  const org = useOrganization();
  const { run } = useCommands();
  const input = useRef<HTMLInputElement>(null);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const src = imageOf(organization);

  const send = async (changes: Parameters<typeof org.updateOrganization>[0], done: string) => {
    setBusy(true);
    setError(null);
    await run({ send: () => org.updateOrganization(changes), keys: ['organization'], done }).catch(() => {});
    setBusy(false);
  };
  const upload = async (file: File | undefined) => {
    if (!file) return;
    if (file.size > imageBytesMax) return setError('The image is too large: five megabytes are the most.');
    await send({ avatar: await readAsBase64(file) }, 'The image was uploaded');
  };
  if (whyNot !== null) {
    return (
      <div className="image-row">
        <Avatar name={organization.name} id={organization.id} isSquare src={src} />
      </div>
    );
  }
  return (
    <div className="image-row">
      <Avatar name={organization.name} id={organization.id} isSquare src={src} />
      <div>
        <div className="section-actions">
          <Button isBusy={isBusy} onClick={() => input.current!.click()}>
            {src ? 'Upload another image' : 'Upload an image'}
          </Button>
          {src && (
            <Button variant="quiet" onClick={() => send({ avatarType: 'letter_avatar' }, 'The initials are shown again')}>
              Use initials
            </Button>
          )}
        </div>
        <p className={error ? 'field-error' : 'field-hint'} role={error ? 'alert' : undefined}>
          {error ?? 'A square PNG, JPEG or GIF of up to five megabytes.'}
        </p>
        <input
          ref={input}
          type="file"
          accept="image/png,image/jpeg,image/gif"
          aria-label="Image file"
          tabIndex={-1}
          className="visually-hidden"
          onChange={(event) => {
            void upload(event.target.files?.[0]);
            // The same file again is a choice too.
            event.target.value = '';
          }}
        />
      </div>
    </div>
  );
}
