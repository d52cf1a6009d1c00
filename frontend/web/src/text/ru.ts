import { media } from "./ru/media";
import { shell } from "./ru/shell";
import { viewer } from "./ru/viewer";
import type { Entry, Key } from ".";

export const ru: Record<Key, Entry> = { ...media, ...shell, ...viewer };
