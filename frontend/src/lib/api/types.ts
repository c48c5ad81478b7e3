// The api's shapes under the names the page uses. They come from the generated file, and for a while
// from interim.ts; nothing is written by hand here.
import type { components } from "./schema.gen";

type S = components["schemas"];

export type {
  About,
  Desktop,
  DesktopPage,
  Job,
  JobDetail,
  JobKind,
  JobPage,
  Limits,
  LoginRequest,
  LogoutResponse,
  Provider,
} from "./interim";

export type Problem = S["Problem"];
export type FieldError = S["FieldError"];
export type LoginResponse = S["LoginResponse"];
export type User = S["User"];
export type ChangePassword = S["ChangePassword"];
export type DesktopStatus = S["DesktopStatus"];
export type CreateDesktop = S["CreateDesktop"];
export type Reason = S["Reason"];
export type ReasonCode = S["ReasonCode"];
export type Step = S["Step"];
export type StepName = S["StepName"];
export type QueueInfo = S["QueueInfo"];
export type QueueReason = S["QueueReason"];
export type QueueReasonCode = S["QueueReasonCode"];
export type HistoryItem = S["HistoryItem"];
export type HistoryPage = S["HistoryPage"];
export type Template = S["Template"];
export type TemplateList = S["TemplateList"];
export type StartWindow = S["StartWindow"];
export type Role = S["Role"];
export type AttemptOutcome = S["Outcome"];
export type JobState = S["JobState"];
export type JobAction = S["JobAction"];
export type JobAttempt = S["JobAttempt"];
/** As the address has it: what is not there does not narrow the list. */
export type JobFilter = { [F in keyof S["JobFilter"]]?: NonNullable<S["JobFilter"][F]> };
export type BulkResult = S["BulkResult"];
export type Worker = S["Worker"];
export type WorkerState = S["WorkerState"];
export type WorkerList = S["WorkerList"];
export type QueueCounts = S["QueueCounts"];
export type KindCounts = S["KindCounts"];
export type QueueMinute = S["QueueMinute"];
export type AdminQueue = S["AdminQueue"];
export type AdminQueueLive = S["AdminQueueLive"];
export type DriftKind = S["DriftKind"];
export type DriftAction = S["DriftAction"];
export type DriftSide = S["DriftSide"];
export type DriftItem = S["DriftItem"];
export type DriftNode = S["DriftNode"];
export type DriftList = S["DriftList"];
export type DesktopLimit = S["DesktopLimit"];
export type Session = S["Session"];
export type SessionList = S["SessionList"];
