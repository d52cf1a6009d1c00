import { describe, expect, it } from "vitest";
import { Playback } from "./playback";

const of = (frames: number): Playback => new Playback(() => frames);

describe("playback", () => {
  it("seeks within the project, and stops a play", () => {
    const playback = of(100);
    playback.play(1);
    playback.seek(500);
    expect(playback.store.getState()).toMatchObject({ frame: 100, rate: 0 });
    playback.step(-200);
    expect(playback.frame).toBe(0);
  });

  it("doubles its speed with each press in one direction, and begins at 1 in the other", () => {
    const playback = of(100);
    playback.seek(50);
    const rates = [1, 1, 1, 1, -1, -1, 1].map((direction) => {
      playback.shuttle(direction as 1 | -1);
      return playback.store.getState().rate;
    });
    expect(rates).toEqual([1, 2, 4, 4, -1, -2, 1]);
  });

  it("plays from the beginning once it is at the end, backwards from the end, and nothing where there is nothing", () => {
    const playback = of(100);
    playback.seek(99);
    playback.play(1);
    expect(playback.store.getState()).toMatchObject({ frame: 0, rate: 1 });
    playback.seek(0);
    playback.play(-1);
    expect(playback.frame).toBe(99);
    const empty = of(0);
    empty.toggle();
    expect(empty.store.getState().rate).toBe(0);
  });

  it("can be stopped once there is nothing any more", () => {
    let length = 100;
    const playback = new Playback(() => length);
    playback.play(1);
    length = 0;
    playback.play(0);
    expect(playback.store.getState().rate).toBe(0);
  });

  it("hears where a play is only while it plays", () => {
    const playback = of(100);
    playback.play(1);
    playback.at(7);
    playback.play(0);
    playback.at(8);
    expect(playback.frame).toBe(7);
  });

  it("loops between its marks, which never cross", () => {
    const playback = of(100);
    playback.seek(20);
    playback.mark("in");
    playback.seek(40);
    playback.mark("out");
    expect(playback.range()).toEqual([0, 99]);
    playback.toggleLoop();
    expect(playback.range()).toEqual([20, 40]);
    playback.play(1);
    expect(playback.frame).toBe(20);
    playback.seek(60);
    playback.mark("in");
    expect(playback.store.getState()).toMatchObject({ markIn: 60, markOut: null });
    playback.clearMarks();
    expect(playback.range()).toEqual([0, 99]);
  });
});
