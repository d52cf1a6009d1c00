import { useStore } from "zustand";
import { language, text } from ".";

/** `text`, in a component that is drawn anew when the language changes. */
export function useText(): typeof text {
  useStore(language);
  return text;
}
