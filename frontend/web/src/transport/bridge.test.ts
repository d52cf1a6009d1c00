// @vitest-environment jsdom
import { afterEach, describe, expect, it, vi } from "vitest";
import { connect } from "../generated/client";
import { shellHost } from "../shell/shell";
import { Bridge, findBridge } from "./bridge";

afterEach(() => {
  delete window.pywebview;
  delete window.__sidecar;
});

function shell(): { api: { send: (text: string) => Promise<null>; host: (method: string, params: object) => Promise<unknown> }; sent: string[] } {
  const sent: string[] = [];
  return {
    sent,
    api: {
      send: async (text) => {
        sent.push(text);
        return null;
      },
      host: async (method, params) => ({ method, params }),
    },
  };
}

describe("the bridge", () => {
  it("carries calls and answers, a batch at a time", async () => {
    const { api, sent } = shell();
    const bridge = new Bridge(api);
    const opening = connect(bridge.transport(), { client: { name: "t", version: "1" } });
    const [request] = sent.map((text) => JSON.parse(text) as { id: number; method: string });
    expect(request?.method).toBe("initialize");
    window.__sidecar?.receive([JSON.stringify({ jsonrpc: "2.0", id: request?.id, result: { protocol: 1 } })]);
    const { client } = await opening;
    const [first, second] = [client.invoke("project.get", { projectId: "a" }), client.invoke("project.get", { projectId: "b" })];
    window.__sidecar?.receive([2, 1].map((id) => JSON.stringify({ jsonrpc: "2.0", id, result: { revision: id } })));
    expect(await first).toEqual({ revision: 1 });
    expect(await second).toEqual({ revision: 2 });
  });

  it("loses its calls when the sidecar ends, and begins anew with the next", async () => {
    const { api, sent } = shell();
    const bridge = new Bridge(api);
    const lost = connect(bridge.transport(), { client: { name: "t", version: "1" } });
    window.__sidecar?.host("sidecar", { state: "restarting", reason: "it crashed" });
    await expect(lost).rejects.toMatchObject({ data: { kind: "connectionLost" } });
    const again = connect(bridge.transport(), { client: { name: "t", version: "1" } });
    expect(sent).toHaveLength(2);
    window.__sidecar?.receive([JSON.stringify({ jsonrpc: "2.0", id: 0, result: { protocol: 1 } })]);
    expect((await again).initialized).toEqual({ protocol: 1 });
  });

  it("tells what the shell tells until nobody listens any more", () => {
    const bridge = new Bridge(shell().api);
    const heard: string[][] = [];
    const stop = bridge.on("drop", ({ paths }) => heard.push(paths));
    window.__sidecar?.host("drop", { paths: ["/a.mp4"] });
    stop();
    window.__sidecar?.host("drop", { paths: ["/b.mp4"] });
    expect(heard).toEqual([["/a.mp4"]]);
  });

  it("names the methods of the shell as the shell does", async () => {
    const host = shellHost(new Bridge(shell().api));
    expect(await host.openFiles({ kinds: ["media"], multiple: true })).toEqual({ method: "dialog.open", params: { kinds: ["media"], multiple: true } });
    expect(await host.saveFile({ suggested: "a.json", kinds: ["project"] })).toMatchObject({ method: "dialog.save" });
    expect(await host.get("theme")).toEqual({ method: "state.get", params: { key: "theme" } });
  });

  it("is waited for until the shell is there, and not longer than is bearable", async () => {
    vi.useFakeTimers();
    const found = findBridge(1000);
    window.pywebview = { api: shell().api };
    window.dispatchEvent(new Event("pywebviewready"));
    expect(await found).toBeInstanceOf(Bridge);
    delete window.pywebview;
    const none = findBridge(1000);
    await vi.advanceTimersByTimeAsync(1000);
    expect(await none).toBeNull();
    vi.useRealTimers();
  });
});
