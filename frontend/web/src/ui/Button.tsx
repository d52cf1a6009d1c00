import type { ComponentProps, JSX } from "react";
import { Icon, type IconName } from "./icons";

type Look = "normal" | "primary" | "danger" | "plain";

interface Props extends Omit<ComponentProps<"button">, "type"> {
  look?: Look;
}

/** A button that the pointer presses does not keep the focus: the space bar then plays, and does not press it again. */
export function Button({ look = "normal", className = "", onClick, ...rest }: Props): JSX.Element {
  return (
    <button
      type="button"
      className={`button ${look} ${className}`}
      onClick={(event) => {
        if (event.detail > 0) event.currentTarget.blur();
        onClick?.(event);
      }}
      {...rest}
    />
  );
}

interface IconProps extends Omit<Props, "children" | "title"> {
  icon: IconName;
  /** What it does; shown when the pointer rests on it, with its keys. */
  label: string;
  keys?: string | null;
}

export function IconButton({ icon, label, keys = null, className = "", look = "plain", ...rest }: IconProps): JSX.Element {
  return (
    <Button look={look} className={`icon ${className}`} aria-label={label} title={keys === null ? label : `${label} (${keys})`} {...rest}>
      <Icon name={icon} />
    </Button>
  );
}
