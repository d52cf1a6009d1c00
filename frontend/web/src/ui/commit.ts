/** A field of one line whose text is taken over when it is left or by Enter, and given up by Escape. */
import { useRef, useState, type ChangeEvent, type KeyboardEvent } from "react";

export interface CommitProps {
  value: string;
  onChange: (event: ChangeEvent<HTMLInputElement>) => void;
  onBlur: () => void;
  onKeyDown: (event: KeyboardEvent<HTMLInputElement>) => void;
}

/** Members for an `<input>` that shows `value` until something is typed; `commit` is given what was typed. */
export function useCommit(value: string, commit: (typed: string) => void): CommitProps {
  const [typed, setTyped] = useState<string | null>(null);
  // Leaving the field comes before its new state is there.
  const cancelled = useRef(false);
  return {
    value: typed ?? value,
    onChange: (event) => setTyped(event.target.value),
    onBlur: () => {
      if (typed !== null && !cancelled.current) commit(typed);
      cancelled.current = false;
      setTyped(null);
    },
    onKeyDown: (event) => {
      // Enter and Escape of an input method are about what it offers.
      if (event.nativeEvent.isComposing || (event.key !== "Enter" && event.key !== "Escape")) return;
      cancelled.current = event.key === "Escape";
      event.currentTarget.blur();
    },
  };
}
