// The api's shapes under the names the page uses. They come from the generated file; nothing is written by hand here.
import type { components } from "./schema.gen";

type S = components["schemas"];

export type Problem = S["Problem"];
export type About = S["About"];
export type LoginRequest = S["LoginRequest"];
export type LoginResponse = S["LoginResponse"];
export type User = S["User"];
export type ChangePassword = S["ChangePassword"];
export type Desktop = S["Desktop"];
export type DesktopStatus = S["DesktopStatus"];
export type DesktopPage = S["DesktopPage"];
export type CreateDesktop = S["CreateDesktop"];
export type Reason = S["Reason"];
export type ReasonCode = S["ReasonCode"];
export type Step = S["Step"];
export type StepName = S["StepName"];
export type QueueInfo = S["QueueInfo"];
export type QueueReason = S["QueueReason"] & { since?: string | null };
export type QueueReasonCode = S["QueueReasonCode"];
export type HistoryItem = S["HistoryItem"];
export type HistoryPage = S["HistoryPage"];
export type Template = S["Template"];
export type TemplateList = S["TemplateList"];
export type Limits = Omit<S["Limits"], "queue"> & { queue: S["LineInfo"] & { held?: QueueReason | null } };
export type StartWindow = S["StartWindow"];
export type Role = S["Role"];
export type * from "./adminTypes";
