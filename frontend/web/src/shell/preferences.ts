/** What the user has set for themselves; it outlives the page. */
import { createStore, type StoreApi } from "zustand/vanilla";
import { language, type Language } from "../text";
import type { Host } from "./host";

export interface Preferences {
  theme: "dark" | "light";
  language: Language;
  /** Of the timeline's panel, in CSS pixels. */
  timelineHeight: number;
}

const KEPT = "preferences";

/** Read them, apply them, and keep what is changed from then on; `fail` hears why that was not possible. */
export async function loadPreferences(host: Host, fail: (error: unknown) => void): Promise<StoreApi<Preferences>> {
  const kept = (await host.get(KEPT)) as Partial<Preferences> | null;
  const store = createStore<Preferences>(() => ({ theme: "dark", language: language.getState().language, timelineHeight: 320, ...kept }));
  const show = ({ theme, language: chosen }: Preferences): void => {
    document.documentElement.dataset["theme"] = theme;
    document.documentElement.lang = chosen;
    language.setState({ language: chosen });
  };
  show(store.getState());
  store.subscribe((preferences) => {
    show(preferences);
    host.set(KEPT, preferences).catch(fail);
  });
  return store;
}
