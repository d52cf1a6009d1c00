import { inspector } from "./en/inspector";
import { media } from "./en/media";
import { shell } from "./en/shell";
import { timeline } from "./en/timeline";
import { viewer } from "./en/viewer";

/** One file an area; keys are unique over all of them. */
export const en = { ...inspector, ...media, ...shell, ...timeline, ...viewer } as const;
