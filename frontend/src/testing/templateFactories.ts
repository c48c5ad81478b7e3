// Templates and registries as the api would answer an administrator.
import type { AdminTemplate, Registry, TemplateNode } from "../features/templates/api/types";
import { at } from "./factories.ts";

const SECOND = 1000;

export function node(over: Partial<TemplateNode> = {}): TemplateNode {
  return {
    node: "dock-01",
    state: "present",
    image_id: "sha256:3f7a1c09e2b84d6aa51c9f0e77d2b6c8",
    progress: null,
    error: null,
    seen_at: at(12 * SECOND),
    ...over,
  };
}

export function adminTemplate(over: Partial<AdminTemplate> = {}): AdminTemplate {
  return {
    id: "light",
    name: "Light desktop",
    description: "Terminal and file manager.",
    icon: "terminal",
    kind: "vnc",
    image: "berth/desktop:latest",
    container_port: 5900,
    memory_mib: 256,
    cpus: 0.5,
    pids: 256,
    shm_mib: 64,
    env: [],
    home: "kept",
    audience: "everyone",
    groups: [],
    enabled: true,
    default: false,
    position: 1,
    nodes: [node(), node({ node: "dock-02" })],
    desktops: 12,
    desktops_on_older_image: 0,
    ...over,
  };
}

export function fiveTemplates(): AdminTemplate[] {
  return [
    adminTemplate(),
    adminTemplate({
      id: "xfce",
      name: "Desktop with browser",
      description: "A full desktop with a browser.",
      icon: "desktop",
      image: "berth/desktop-browser:latest",
      memory_mib: 1536,
      cpus: 2,
      pids: 512,
      shm_mib: 512,
      default: true,
      position: 2,
      desktops: 31,
      desktops_on_older_image: 3,
    }),
    adminTemplate({
      id: "notebook",
      name: "Notebook",
      description: "Python and R notebooks.",
      icon: "notebook",
      image: "registry.example.org/teaching/notebook:2026.2",
      memory_mib: 1024,
      cpus: 1,
      audience: "groups",
      groups: ["01JDGROUPCOURSE"],
      env: [
        { name: "COURSE", value: "statistics" },
        { name: "LANG", value: "en_GB.UTF-8" },
      ],
      position: 3,
      nodes: [
        node(),
        node({
          node: "dock-02",
          state: "pulling",
          image_id: null,
          progress: { percent: 45, text: "412 MB of 915 MB" },
        }),
      ],
      desktops: 4,
    }),
    adminTemplate({
      id: "drawing",
      name: "Drawing",
      description: "Vector and photo editing.",
      icon: "drawing",
      image: "registry.example.org/art/drawing:1",
      memory_mib: 3072,
      cpus: 2,
      audience: "groups",
      groups: ["01JDGROUPSTAFF"],
      position: 4,
      nodes: [node(), node({ node: "dock-02", state: "missing", image_id: null })],
      desktops: 1,
    }),
    adminTemplate({
      id: "code",
      name: "Code editor",
      description: "An editor with a terminal.",
      icon: "code",
      image: "registry.example.org/dev/code:nightly",
      memory_mib: 2048,
      cpus: 2,
      enabled: false,
      home: "thrown_away",
      position: 5,
      nodes: [
        node({
          state: "failed",
          image_id: null,
          error: "The registry does not know dev/code:nightly. Try 8 of 8.",
        }),
        node({ node: "dock-02", state: "missing", image_id: null }),
      ],
      desktops: 0,
    }),
  ];
}

export function registry(over: Partial<Registry> = {}): Registry {
  return { host: "registry.example.org", username: "berth-pull", ...over };
}
