// The api's shapes under the names the page uses. They come from the generated file; nothing is written by hand here.
import type { components, operations } from "./schema.gen";

type S = components["schemas"];

export type About = S["About"];
/** `sign_in` of About lists it as `oidc:<id>`. */
export type Provider = S["SignInProvider"];
export type LoginRequest = S["LoginRequest"];
/** Nothing, unless there is a session at a provider to be ended too. */
export type LogoutResponse = S["LogoutResponse"] | undefined;
export type InviteFor = S["Invitation"];
export type AcceptInvite = S["AcceptInvite"];

export type Problem = S["Problem"];
export type FieldError = S["FieldError"];
export type LoginResponse = S["LoginResponse"];
export type User = S["User"];
export type ChangePassword = S["ChangePassword"];
export type Desktop = S["Desktop"];
export type DesktopPage = S["DesktopPage"];
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
export type Limits = S["Limits"];
export type StartWindow = S["StartWindow"];
export type Role = S["Role"];
export type AttemptOutcome = S["Outcome"];
export type Job = S["Job"];
export type JobDetail = S["JobDetail"];
export type JobPage = S["JobPage"];
export type JobKind = S["JobKind"];
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
export type Operations = S["Operations"];
export type CallTimes = S["CallTimes"];
export type DriftKind = S["DriftKind"];
export type DriftAction = S["DriftAction"];
export type DriftSide = S["DriftSide"];
export type DriftItem = S["DriftItem"];
export type DriftNode = S["DriftNode"];
export type DriftList = S["DriftList"];
export type DesktopLimit = S["DesktopLimit"];
export type Session = S["Session"];
export type SessionList = S["SessionList"];

export type Token = S["ApiToken"];
export type TokenList = S["TokenList"];
export type CreateToken = S["CreateToken"];
/** The one answer that has the token itself. */
export type NewToken = S["NewApiToken"];
export type Scope = S["TokenScope"];
export type TwoFactor = S["TwoFactorState"];
export type TwoFactorSecret = S["TwoFactorEnrolment"];
export type RecoveryCodes = S["RecoveryCodes"];

export type AdminUser = S["AdminUser"];
export type CreateUser = S["CreateUser"];
export type PatchUser = S["PatchUser"];
export type DeleteUser = S["DeleteUser"];
export type InviteLink = S["InviteLink"];
/** Null in a field: as the group or, without one, the installation has it. */
export type OwnLimits = S["OwnLimits"];
export type LimitName = keyof S["LimitsFrom"];
export type LimitSource = S["LimitFrom"];
export type Group = S["Group"];
export type GroupBody = Required<S["CreateGroup"]>;

export type AdminTemplate = S["AdminTemplate"];
/** What an administrator decides about a template. */
export type TemplateBody = Required<S["CreateTemplate"]>;
export type TemplateNode = S["TemplateNode"];
export type ImageState = S["ImageState"];
export type EnvVar = S["EnvVar"];
export type Registry = S["Registry"];

export type AuditEntry = S["AuditItem"];
export type AuditAction = S["AuditAction"];
export type AuditResult = S["AuditResult"];
type AuditQuery = NonNullable<operations["audit"]["parameters"]["query"]>;
/** As the address has it. */
export type AuditFilter = { [F in Exclude<keyof AuditQuery, "limit" | "cursor">]?: string };
