import * as Radix from '@radix-ui/react-popover';
import type { RefObject } from 'react';
import { ChoiceList } from './choice-list.tsx';
import { usePortalContainer } from './portal.ts';
import type { Choice } from './use-choosing.ts';

interface ComboboxPopupProps {
  readonly anchor: RefObject<HTMLInputElement | null>;
  readonly listId: string;
  readonly label: string;
  readonly found: readonly Choice[];
  readonly active: number;
  readonly chosen: string | undefined;
  onActive(index: number): void;
  onChoose(choice: Choice): void;
  onClose(): void;
}

/** The list below the field. The focus stays in the field. */
export default function ComboboxPopup({ anchor, listId, onClose, ...list }: ComboboxPopupProps) {
  const container = usePortalContainer();
  const isField = (target: EventTarget | null) => target instanceof Node && anchor.current?.contains(target) === true;
  return (
    <Radix.Root open onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Radix.Anchor virtualRef={anchor as RefObject<HTMLInputElement>} />
      <Radix.Portal container={container}>
        <Radix.Content
          role="presentation"
          className="rollcall-popover rollcall-combobox-popup"
          align="start"
          sideOffset={4}
          collisionPadding={8}
          onOpenAutoFocus={(event) => event.preventDefault()}
          onCloseAutoFocus={(event) => event.preventDefault()}
          onEscapeKeyDown={(event) => event.preventDefault()}
          onInteractOutside={(event) => isField(event.target) && event.preventDefault()}
          onMouseDown={(event) => event.preventDefault()}
        >
          <ChoiceList id={listId} {...list} />
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
