import { Dialog } from '../kit/dialog.ts';

const shortcuts: readonly (readonly [keys: string, does: string])[] = [
  ['/', 'Search this page'],
  ['?', 'Show keyboard shortcuts'],
  ['Tab', 'Move to the next control'],
  ['Space', 'Select a row or switch a setting'],
  ['Enter', 'Open a link or press a button'],
  ['A', 'Move to the actions on the selected members'],
  ['Esc', 'Close a dialog or menu, or clear the selection'],
  ['Ctrl Z', 'Undo your last change, while Undo is offered'],
];

export default function HelpDialog({ onClose }: { onClose(): void }) {
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <dl className="shortcuts">
        {shortcuts.map(([keys, does]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <p className="rollcall-field-hint">
        Changes by others are highlighted briefly. The status at the top shows whether this page is up to date. Server operators can view
        live metrics under <a href="/operations/">Operations</a>.
      </p>
    </Dialog>
  );
}
