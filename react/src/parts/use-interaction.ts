import { type FocusEvent, type RefCallback, useCallback, useRef, useState } from 'react';

interface Interaction {
  readonly isInteracting: boolean;
  readonly props: {
    readonly onPointerEnter: () => void;
    readonly onPointerLeave: () => void;
    readonly onFocus: () => void;
    readonly onBlur: (event: FocusEvent) => void;
    readonly ref: RefCallback<HTMLElement>;
  };
}

/** Whether the pointer or the focus is within an element. */
export function useInteraction(): Interaction {
  const [isPointed, setPointed] = useState(false);
  const [isFocused, setFocused] = useState(false);
  const element = useRef<HTMLElement | null>(null);
  const ref = useCallback<RefCallback<HTMLElement>>((found) => {
    element.current = found;
  }, []);
  return {
    isInteracting: isPointed || isFocused,
    props: {
      ref,
      onPointerEnter: () => setPointed(true),
      onPointerLeave: () => setPointed(false),
      onFocus: () => setFocused(true),
      onBlur: ({ relatedTarget }) => setFocused(relatedTarget instanceof Node && (element.current?.contains(relatedTarget) ?? false)),
    },
  };
}
