import { type DialogProps, Dialog as PlainDialog } from '@rollcall/react/parts';
import { X } from 'lucide-react';
import { IconButton } from './button.tsx';

/** A modal dialog with a button that closes it, open while it is rendered. */
export function Dialog({ onClose, ...rest }: Omit<DialogProps, 'closeButton'>) {
  return <PlainDialog {...rest} onClose={onClose} closeButton={<IconButton icon={X} label="Close" onClick={onClose} />} />;
}
