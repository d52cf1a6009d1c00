import { inspector } from "./ru/inspector";
import { media } from "./ru/media";
import { shell } from "./ru/shell";
import { timeline } from "./ru/timeline";
import { viewer } from "./ru/viewer";
import type { Entry, Key } from ".";

export const ru: Record<Key, Entry> = { ...inspector, ...media, ...shell, ...timeline, ...viewer };
