import { useEffect, useRef, type JSX, type RefObject } from "react";
import { useEditor } from "../../app";
import { HEAD } from "./layout";

/** The line of the frame that is shown; it is moved without drawing anything anew, and kept in sight while it plays. */
export function Playhead({ area }: { area: RefObject<HTMLDivElement | null> }): JSX.Element {
  const { playback, timeline } = useEditor();
  const line = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const place = (): void => {
      const { frame, rate } = playback.store.getState();
      const x = frame * timeline.getState().scale;
      if (line.current) line.current.style.transform = `translateX(${HEAD + x}px)`;
      if (rate !== 0 && area.current) follow(area.current, x, rate);
    };
    place();
    const stops = [playback.store.subscribe(place), timeline.subscribe(place)];
    return () => {
      for (const stop of stops) stop();
    };
  }, [playback, timeline, area]);
  return <div ref={line} className="tl-playhead" />;
}

function follow(area: HTMLElement, x: number, rate: number): void {
  const width = area.clientWidth - HEAD;
  if (x >= area.scrollLeft && x <= area.scrollLeft + width) return;
  area.scrollLeft = rate > 0 ? x - 24 : x - width + 24;
}
