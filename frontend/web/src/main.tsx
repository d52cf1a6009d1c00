import { StrictMode } from "react";
import { createRoot, type Root } from "react-dom/client";
import { createStore } from "zustand/vanilla";
import type { App } from "./app";
import { Failure, StudioPage } from "./Page";
import { loadPreferences } from "./shell/preferences";
import { openFirst, tell } from "./shell/projects";
import { text } from "./text";
import { errorText } from "./text/errors";
import "./theme.css";
import { connect, NoSidecar } from "./transport/connect";
import type { Session } from "./transport/session";
import { Speaker } from "./ui/notices";
import "./ui/ui.css";

const root = createRoot(document.querySelector("#root") as HTMLElement);
start(root).catch((error: unknown) => {
  root.render(<Failure title={text(error instanceof NoSidecar ? "app.noSidecar" : "app.failed")} reason={error instanceof NoSidecar ? null : String(error)} />);
});

async function start(page: Root): Promise<void> {
  const speaker = new Speaker();
  const { session, host } = await connect((options) => speaker.askPaths(options));
  const preferences = await loadPreferences(host, (error) => speaker.tell("error", errorText(error)));
  const app: App = { session, host, speaker, preferences, current: createStore(() => ({ editor: null })) };
  page.render(
    <StrictMode>
      <StudioPage app={app} />
    </StrictMode>,
  );
  await connected(session);
  openFirst(app).catch((error: unknown) => tell(app, error));
}

/** Wait for the first connection, which may be there already. */
function connected({ store }: Session): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (store.getState().state !== "connected") return;
      stop();
      resolve();
    };
    const stop = store.subscribe(look);
    look();
  });
}
