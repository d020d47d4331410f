import { apiLimits } from '@rollcall/client';
import { useRef, useState } from 'react';
import { Avatar } from '../../kit/badge.ts';
import { Button } from '../../kit/button.ts';
import { useCommands } from '../../live/commands.tsx';
import { useOrganization } from '../../live/organization.tsx';
import { imageOf } from '../../shell/organization-image.ts';
import { readAsBase64 } from './read-as-base64.ts';
import type { SettingContext } from './setting-switch.tsx';

const sizeMax = `${apiLimits.imageBytesMax / 1_000_000} MB`;

/** The organization's image, or its initials. */
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
    if (file.size > apiLimits.imageBytesMax) return setError(`This image is larger than ${sizeMax}. Choose a smaller one.`);
    await send({ avatar: await readAsBase64(file) }, 'Image uploaded');
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
            {src ? 'Change image' : 'Upload image'}
          </Button>
          {src && (
            <Button variant="quiet" onClick={() => send({ avatarType: 'letter_avatar' }, 'Image removed')}>
              Use initials
            </Button>
          )}
        </div>
        <p className={error ? 'rollcall-field-error' : 'rollcall-field-hint'} role={error ? 'alert' : undefined}>
          {error ?? `A square PNG, JPEG or GIF, up to ${sizeMax}.`}
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
            // Empties the field, so that choosing the same file again is a change too.
            event.target.value = '';
          }}
        />
      </div>
    </div>
  );
}
