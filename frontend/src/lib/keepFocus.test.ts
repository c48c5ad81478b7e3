import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { keepFocus } from "./keepFocus";

let stop: () => void;

beforeEach(() => {
  document.body.innerHTML = `
    <main id="main" tabindex="-1">
      <div id="head"><button id="pause">Pause</button></div>
      <button id="add">Add</button>
      <ul>
        <li data-row="a" tabindex="-1"><button id="in-a">A</button></li>
        <li data-row="b" tabindex="-1"><button id="in-b">B</button></li>
      </ul>
    </main>`;
  stop = keepFocus();
});

afterEach(() => stop());

const element = (id: string) => document.getElementById(id)!;
const row = (id: string) => document.querySelector<HTMLElement>(`[data-row=${id}]`)!;
const has = (one: HTMLElement) => vi.waitFor(() => expect(document.activeElement).toBe(one));

it("goes to the row that takes the place of one that went, or to the last one", async () => {
  element("in-a").focus();
  row("a").remove();
  await has(row("b"));
  row("b").insertAdjacentHTML("afterend", '<li data-row="c" tabindex="-1"><button id="in-c">C</button></li>');
  element("in-c").focus();
  row("c").remove();
  await has(row("b"));
});

it("stays in its row when only the button goes, and in the nearest part otherwise", async () => {
  element("in-b").focus();
  element("in-b").remove();
  await has(row("b"));
  element("pause").focus();
  element("pause").outerHTML = '<button id="resume">Resume</button>';
  await has(element("resume"));
  element("resume").focus();
  element("head").remove();
  await has(element("add"));
});

it("leaves it alone when somebody took it away on purpose", async () => {
  element("in-a").focus();
  element("in-a").blur();
  row("b").remove();
  await new Promise((done) => setTimeout(done, 60));
  expect(document.activeElement).toBe(document.body);
});

it("counts what a dialog was opened from, not what stood in it", async () => {
  element("in-a").focus();
  document.body.insertAdjacentHTML("beforeend", '<div data-veil><button id="go">Delete</button></div>');
  element("go").focus();
  document.querySelector("[data-veil]")!.remove();
  row("a").remove();
  await has(row("b"));
});
