// @vitest-environment jsdom
import { cleanup, render, screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { MenuButton } from "./Menu";

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

it("is closed by the button that opened it, and takes items of one name", async () => {
  const complaints = vi.spyOn(console, "error");
  const chosen: number[] = [];
  const items = [1, 2].map((each) => ({ label: "film", run: () => void chosen.push(each) }));
  render(
    <MenuButton label="Recent" groups={[{ items }]}>
      …
    </MenuButton>,
  );
  const user = userEvent.setup();
  const button = screen.getByRole("button", { name: "Recent" });
  await user.click(button);
  expect(screen.getAllByRole("menuitem")).toHaveLength(2);
  await user.click(button);
  expect(screen.queryByRole("menu")).toBeNull();
  await user.click(button);
  await user.click(screen.getAllByRole("menuitem")[1] as HTMLElement);
  expect(chosen).toEqual([2]);
  expect(complaints).not.toHaveBeenCalled();
});
