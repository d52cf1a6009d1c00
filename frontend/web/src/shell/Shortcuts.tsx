import type { JSX } from "react";
import { commands, type Command, type CommandId } from "../commands";
import { BINDINGS, keysText } from "../keys";
import type { Key } from "../text";
import { useText } from "../text/use";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";

/** Parts by the first word of their commands, in the order of the sheet. */
const PARTS: readonly [prefix: string, head: Key][] = [
  ["viewer", "keys.viewer"],
  ["timeline", "keys.timeline"],
  ["edit", "keys.edit"],
  ["media", "keys.media"],
  ["project", "keys.project"],
  ["app", "app.shortcuts"],
];

/** Every key there is. */
export function Shortcuts({ onClose }: { onClose: () => void }): JSX.Element {
  const t = useText();
  const ids = Object.keys(commands) as CommandId[];
  const parts = PARTS.map(([prefix, head]) => ({
    head,
    rows: ids.flatMap((id) => {
      const keys = BINDINGS.filter((binding) => binding.command === id).map((binding) => keysText(binding.keys));
      return id.startsWith(`${prefix}.`) && keys.length > 0 ? [{ id, label: (commands[id] as Command).label, keys }] : [];
    }),
  })).filter(({ rows }) => rows.length > 0);
  return (
    <Dialog title={t("app.shortcuts")} wide onClose={onClose}>
      {/* It can be scrolled by keys. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className="keys" role="group" aria-label={t("app.shortcuts")} tabIndex={0}>
        {parts.map(({ head, rows }) => (
          <section key={head} aria-label={t(head)}>
            <h3>{t(head)}</h3>
            <dl>
              {rows.map(({ id, label, keys }) => (
                <div key={id}>
                  <dt>{t(label)}</dt>
                  <dd>
                    {keys.map((each) => (
                      <kbd key={each}>{each}</kbd>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <div className="dialog-actions">
        <Button look="primary" onClick={onClose}>
          {t("app.close")}
        </Button>
      </div>
    </Dialog>
  );
}
