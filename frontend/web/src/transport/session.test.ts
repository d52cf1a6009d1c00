import { afterEach, describe, expect, it, vi } from "vitest";
import { RpcError } from "../generated/client";
import { MockTransport } from "./mock";
import { Session } from "./session";

const sessions: Session[] = [];
afterEach(() => {
  for (const session of sessions.splice(0)) session.close();
});

function begin(): { session: Session; transports: MockTransport[]; refuse: { on: boolean } } {
  const transports: MockTransport[] = [];
  const refuse = { on: false };
  const session = new Session(
    async () => {
      if (refuse.on) throw new Error("nobody is there");
      const transport = new MockTransport({ initialize: () => ({ protocol: 1 }) as never, "project.get": () => ({ revision: 1 }) as never });
      transports.push(transport);
      return transport;
    },
    { client: { name: "t", version: "1" } },
  );
  sessions.push(session);
  void session.run();
  return { session, transports, refuse };
}

const stateOf = (session: Session): string => session.store.getState().state;

describe("a session", () => {
  it("connects again after it was lost, as often as that takes", async () => {
    const { session, transports, refuse } = begin();
    await vi.waitFor(() => expect(stateOf(session)).toBe("connected"));
    refuse.on = true;
    transports[0]?.lose("killed");
    await vi.waitFor(() => expect(session.store.getState()).toMatchObject({ state: "lost" }));
    await expect(session.invoke("project.get", { projectId: "p" })).rejects.toMatchObject({ data: { kind: "connectionLost" } });
    refuse.on = false;
    await vi.waitFor(() => expect(stateOf(session)).toBe("connected"), 5000);
    expect(await session.invoke("project.get", { projectId: "p" })).toEqual({ revision: 1 });
  });

  it("goes on listening over connections, until it is told to stop", async () => {
    const { session, transports } = begin();
    const heard: number[] = [];
    const stop = session.listen("project.changed", ({ payload }) => heard.push(payload.revision));
    const emit = (transport: MockTransport | undefined, revision: number): void => transport?.emit("project.changed", { projectId: "p", revision, by: "", changed: { picture: [], sound: [] }, saved: false });
    await vi.waitFor(() => expect(stateOf(session)).toBe("connected"));
    emit(transports[0], 2);
    transports[0]?.lose("killed");
    await vi.waitFor(() => expect(transports).toHaveLength(2));
    await vi.waitFor(() => expect(stateOf(session)).toBe("connected"));
    emit(transports[1], 3);
    stop();
    emit(transports[1], 4);
    expect(heard).toEqual([2, 3]);
  });

  it("has what must be renewed renewed before it says that it is connected", async () => {
    const { session, transports } = begin();
    await vi.waitFor(() => expect(stateOf(session)).toBe("connected"));
    const states: string[] = [];
    session.onRenewed(() => void states.push(stateOf(session)));
    transports[0]?.lose("killed");
    await vi.waitFor(() => expect(states).toEqual(["lost"]));
    await vi.waitFor(() => expect(stateOf(session)).toBe("connected"));
  });

  it("does not come back once it has failed", async () => {
    const { session, transports } = begin();
    await vi.waitFor(() => expect(stateOf(session)).toBe("connected"));
    session.fail("five crashes");
    transports[0]?.lose("killed");
    expect(session.store.getState()).toMatchObject({ state: "failed", reason: "five crashes" });
    await expect(session.invoke("project.get", { projectId: "p" })).rejects.toMatchObject({ data: { kind: "connectionLost" } });
  });

  it("closes a connection that could not be renewed, and its end does not touch the next", async () => {
    const { session, transports } = begin();
    await vi.waitFor(() => expect(stateOf(session)).toBe("connected"));
    const closed = vi.spyOn(MockTransport.prototype, "close");
    let failing = true;
    session.onRenewed(() => {
      if (!failing) return;
      failing = false;
      throw new Error("not now");
    });
    transports[0]?.lose("killed");
    await vi.waitFor(() => expect(transports).toHaveLength(3));
    await vi.waitFor(() => expect(stateOf(session)).toBe("connected"));
    expect(closed.mock.contexts).toEqual([transports[1]]);
    transports[1]?.lose("late");
    expect(await session.invoke("project.get", { projectId: "p" })).toEqual({ revision: 1 });
  });

  it("asks again for a topic that could not be had at first", async () => {
    let asked = 0;
    const busy = new RpcError(1, "busy", { kind: "busy", context: {}, causes: [], suggestion: null, retryable: true, traceId: "" } as never);
    const transport = new MockTransport({ initialize: () => ({ protocol: 1 }) as never });
    const send = transport.send.bind(transport);
    transport.send = (text) => {
      const { id, method } = JSON.parse(text) as { id: number; method: string };
      if (method === "events.subscribe" && asked++ === 0) transport.receive({ id, error: { code: 1, message: "busy", data: busy.data } });
      else send(text);
    };
    const session = new Session(async () => transport, { client: { name: "t", version: "1" } });
    sessions.push(session);
    void session.run();
    await vi.waitFor(() => expect(stateOf(session)).toBe("connected"));
    const heard: number[] = [];
    session.listen("project.changed", ({ payload }) => heard.push(payload.revision));
    await vi.waitFor(() => expect(asked).toBe(2), 5000);
    await vi.waitFor(() => {
      transport.emit("project.changed", { projectId: "p", revision: 2, by: "", changed: { picture: [], sound: [] }, saved: false });
      expect(heard).toContain(2);
    });
  });
});
