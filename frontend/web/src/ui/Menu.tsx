import { useEffect, useLayoutEffect, useRef, useState, type JSX, type KeyboardEvent, type ReactNode, type RefObject } from "react";

export interface MenuItem {
  label: string;
  keys?: string | null;
  disabled?: boolean;
  checked?: boolean;
  run: () => void;
}

/** Items in groups, a line between them; `head` is a group's heading. */
export interface MenuGroup {
  head?: string;
  items: MenuItem[];
}

interface Place {
  x: number;
  y: number;
}

/** A menu at a place of the window, for right clicks and for `MenuButton`; it takes the focus and gives it back. */
export function Menu({
  label,
  groups,
  at,
  opener,
  onClose,
}: {
  label: string;
  groups: MenuGroup[];
  at: Place;
  /** What opens and closes it: pressing that is no press elsewhere. */
  opener?: RefObject<HTMLElement | null>;
  onClose: () => void;
}): JSX.Element {
  const menu = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState(at);

  useLayoutEffect(() => {
    const size = menu.current?.getBoundingClientRect();
    if (size) setPlace({ x: Math.min(at.x, innerWidth - size.width - 8), y: Math.max(8, Math.min(at.y, innerHeight - size.height - 8)) });
  }, [at.x, at.y]);

  useEffect(() => {
    const before = document.activeElement;
    itemsOf(menu.current)[0]?.focus();
    const away = (event: Event): void => {
      if (![menu, opener].some((own) => event.target instanceof Node && own?.current?.contains(event.target))) onClose();
    };
    window.addEventListener("pointerdown", away, true);
    window.addEventListener("blur", onClose);
    return () => {
      window.removeEventListener("pointerdown", away, true);
      window.removeEventListener("blur", onClose);
      if (before instanceof HTMLElement) before.focus();
    };
    // The menu is made anew for each opening.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, []);

  const onKeyDown = (event: KeyboardEvent): void => {
    const items = itemsOf(menu.current);
    const index = items.indexOf(document.activeElement as HTMLButtonElement);
    const target = { ArrowDown: index + 1, ArrowUp: index - 1 + items.length, Home: 0, End: items.length - 1 }[event.key];
    if (target !== undefined) items[target % items.length]?.focus();
    else if (event.key === "Escape" || event.key === "Tab") onClose();
    else return event.stopPropagation();
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div ref={menu} className="menu" role="menu" aria-label={label} tabIndex={-1} style={{ left: place.x, top: place.y }} onKeyDown={onKeyDown}>
      {groups
        .filter((group) => group.items.length > 0)
        .map((group, index) => (
          // Entries have no other name of their own: two may be called alike.
          // oxlint-disable-next-line react/no-array-index-key
          <div key={index} role="group" aria-label={group.head}>
            {index > 0 && <hr />}
            {group.head !== undefined && <div className="menu-head">{group.head}</div>}
            {group.items.map((item, place) => (
              // oxlint-disable-next-line react/no-array-index-key
              <MenuEntry key={place} item={item} onClose={onClose} />
            ))}
          </div>
        ))}
    </div>
  );
}

function MenuEntry({ item, onClose }: { item: MenuItem; onClose: () => void }): JSX.Element {
  const checks = item.checked !== undefined;
  return (
    <button
      type="button"
      className="menu-item"
      role={checks ? "menuitemradio" : "menuitem"}
      aria-checked={item.checked}
      disabled={item.disabled}
      onClick={() => {
        onClose();
        item.run();
      }}
    >
      <span>{item.label}</span>
      {item.checked && <span aria-hidden="true">✓</span>}
      {item.keys && <kbd>{item.keys}</kbd>}
    </button>
  );
}

/** A button that opens a menu below itself. */
export function MenuButton({
  label,
  groups,
  className = "",
  onOpen,
  children,
}: {
  label: string;
  groups: MenuGroup[];
  className?: string;
  /** Called when it is about to open. */
  onOpen?: () => void;
  children: ReactNode;
}): JSX.Element {
  const [at, setAt] = useState<Place | null>(null);
  const opener = useRef<HTMLButtonElement>(null);
  return (
    <span className="menu-anchor">
      <button
        ref={opener}
        type="button"
        className={`button plain ${className}`}
        aria-haspopup="menu"
        aria-expanded={at !== null}
        aria-label={label}
        title={label}
        onClick={(event) => {
          if (at === null) onOpen?.();
          const box = event.currentTarget.getBoundingClientRect();
          setAt(at === null ? { x: box.left, y: box.bottom + 4 } : null);
        }}
      >
        {children}
      </button>
      {at && <Menu label={label} groups={groups} at={at} opener={opener} onClose={() => setAt(null)} />}
    </span>
  );
}

function itemsOf(menu: HTMLElement | null): HTMLButtonElement[] {
  return menu ? [...menu.querySelectorAll<HTMLButtonElement>(".menu-item:not(:disabled)")] : [];
}
