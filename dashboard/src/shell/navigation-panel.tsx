import { Dialog } from '../kit/dialog.ts';
import { productName } from '../product-name.ts';
import { Navigation } from './navigation.tsx';

interface NavigationPanelProps {
  readonly slug: string;
  onClose(): void;
}

/** The navigation on narrow screens, in place of the sidebar. */
export default function NavigationPanel({ slug, onClose }: NavigationPanelProps) {
  return (
    <Dialog title={productName} isPanel onClose={onClose}>
      <Navigation slug={slug} onGo={onClose} />
    </Dialog>
  );
}
