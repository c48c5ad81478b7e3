// The api's shapes of templates and registries as administrators see them, until the generated file names them.
export type ImageState = "present" | "missing" | "pulling" | "failed";

export interface TemplateNode {
  node: string;
  state: ImageState;
  image_id: string | null;
  progress: { percent: number | null; text: string | null } | null;
  error: string | null;
  seen_at: string | null;
}

export interface EnvVar {
  name: string;
  value: string;
}

/** What an administrator decides about a template. */
export interface TemplateBody {
  name: string;
  description: string;
  icon: string;
  kind: "vnc" | "web";
  image: string;
  container_port: number;
  memory_mib: number;
  cpus: number;
  pids: number;
  shm_mib: number;
  env: EnvVar[];
  home: "kept" | "thrown_away";
  audience: "everyone" | "groups";
  /** Ids; only with `audience: "groups"`. */
  groups: string[];
  enabled: boolean;
  default: boolean;
}

export interface AdminTemplate extends TemplateBody {
  id: string;
  position: number;
  nodes: TemplateNode[];
  desktops: number;
  desktops_on_older_image: number;
}

export interface AdminTemplateList {
  items: AdminTemplate[];
  next_cursor: string | null;
}

export interface Registry {
  host: string;
  username: string;
}

export interface RegistryList {
  items: Registry[];
  next_cursor: string | null;
}
