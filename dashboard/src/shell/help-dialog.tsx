import { Dialog } from '../kit/dialog.tsx';

const shortcuts: readonly (readonly [keys: string, does: string])[] = [
  ['/', 'Search this page'],
  ['?', 'Show this'],
  ['Tab', 'Go on to the next control'],
  ['Space', 'Choose a row, switch a setting'],
  ['Enter', 'Open what is named, press what is focused'],
  ['Esc', 'Close what is open'],
  ['Ctrl Z', 'Undo what was just removed, while it is offered'],
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
      <p className="field-hint">
        What others change is marked for a few seconds, with their name where you may know it. The pill at the top says how current this
        page is. Whoever runs this server finds its numbers under <a href="/operations/">Operations</a>.
      </p>
    </Dialog>
  );
}
