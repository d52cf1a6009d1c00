// @vitest-environment jsdom
import { cleanup, render, screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import type { JSX } from "react";
import { afterEach, expect, it } from "vitest";
import { useCommit } from "./commit";

afterEach(cleanup);

function Field({ commit }: { commit: (typed: string) => void }): JSX.Element {
  return <input aria-label="Name" {...useCommit("old", commit)} />;
}

it("takes over what is typed by Enter or by leaving, and gives it up by Escape", async () => {
  const taken: string[] = [];
  render(<Field commit={(typed) => taken.push(typed)} />);
  const user = userEvent.setup();
  const field = screen.getByRole("textbox");
  await user.type(field, "er{Escape}");
  expect([taken, document.activeElement]).toEqual([[], document.body]);
  expect(field).toHaveProperty("value", "old");
  await user.type(field, "er{Enter}");
  expect(taken).toEqual(["older"]);
  await user.type(field, "est");
  await user.tab();
  expect(taken).toEqual(["older", "oldest"]);
  await user.tab();
  await user.tab();
  expect(taken).toHaveLength(2);
});
