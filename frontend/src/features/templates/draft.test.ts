import { expect, it } from "vitest";
import { adminTemplate } from "@/testing/adminFactories";
import { bodyOf, draftOf, faultsOf, patchOf } from "./draft";

const draft = (image: string) => ({ ...draftOf(undefined), name: "X", image });

it.each(["berth/desktop:latest", "registry.example.org:5000/a/b-c_d:1.2", "ubuntu", `a/b@sha256:${"0".repeat(64)}`])(
  "takes the image %s",
  (image) => expect(faultsOf(draft(image))).toEqual({}),
);

it.each(["", "-rm", "a b", "Upper/Case", "a/b:", "a;b", "$(id)", "a//b", "https://a/b"])(
  "does not take the image %o",
  (image) => expect(faultsOf(draft(image)).image).toBeDefined(),
);

it("takes numbers above nothing, and half a CPU", () => {
  const faults = faultsOf({ ...draft("a"), cpus: "0,5", pids: "0", memory_mib: "1.5", shm_mib: "x" });
  expect(Object.keys(faults)).toEqual(["memory_mib", "pids", "shm_mib"]);
});

it("keeps Berth's own variables, and odd names, out", () => {
  const fault = (...names: string[]) =>
    faultsOf({ ...draft("a"), env: names.map((name) => ({ name, value: "" })) }).env;
  expect(fault("LANG", "_X1")).toBeUndefined();
  for (const name of ["BERTH_X", "VNC_PW", "LD_PRELOAD", "PATH", "HOME", "1X", "a", ""])
    expect(fault(name)).toBeDefined();
  expect(fault("A", "A")).toBe("A stands there twice.");
});

it("sends only what was changed", () => {
  const template = adminTemplate();
  expect(patchOf(draftOf(template), template)).toEqual({});
  expect(patchOf({ ...draftOf(template), memory_mib: "512", name: " Light " }, template)).toEqual({
    memory_mib: 512,
    name: "Light",
  });
});

it("forgets the groups of a template that is for everyone", () => {
  expect(bodyOf({ ...draft("a"), audience: "everyone", groups: ["x"] }).groups).toEqual([]);
});
