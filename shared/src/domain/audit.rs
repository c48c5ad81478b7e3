//! What is written down of what people do: actions as words with a dot, what came of them, and what they were done to.

use super::words;

words!(
    /// What was done, or tried.
    #[schema(as = AuditAction)]
    Action {
        SignIn = "sign_in",
        SignInRefused = "sign_in.refused",
        SignOut = "sign_out",
        SessionEnd = "session.end",
        PasswordChange = "password.change",
        TwoFactorOn = "two_factor.on",
        TwoFactorOff = "two_factor.off",
        OidcLink = "oidc.link",
        UserCreate = "user.create",
        UserChange = "user.change",
        UserDisable = "user.disable",
        UserEnable = "user.enable",
        UserDelete = "user.delete",
        UserInvite = "user.invite",
        /// An administrator ended somebody's log-ins.
        UserSignOut = "user.sign_out",
        RoleChange = "role.change",
        GroupCreate = "group.create",
        GroupChange = "group.change",
        GroupDelete = "group.delete",
        TokenCreate = "token.create",
        TokenDelete = "token.delete",
        TemplateCreate = "template.create",
        TemplateChange = "template.change",
        TemplateDelete = "template.delete",
        TemplateOrder = "template.order",
        TemplatePull = "template.pull",
        RegistryChange = "registry.change",
        RegistryDelete = "registry.delete",
        DesktopStart = "desktop.start",
        DesktopStop = "desktop.stop",
        DesktopDelete = "desktop.delete",
        DesktopRename = "desktop.rename",
        /// An administrator opened another's, or somebody had too many open.
        DesktopOpen = "desktop.open",
        /// A desktop changed its owner.
        DesktopGive = "desktop.give",
        StartRefused = "start.refused",
        JobRetry = "job.retry",
        JobCancel = "job.cancel",
        QueuePause = "queue.pause",
        QueueResume = "queue.resume",
        DriftAdopt = "drift.adopt",
        DriftRemove = "drift.remove",
        DriftForget = "drift.forget",
        DatabaseRestore = "database.restore",
        DatabaseMove = "database.move",
        /// A call that the caller may not make.
        AccessRefused = "access.refused",
    }
);

words!(
    /// What came of it.
    #[schema(as = AuditResult)]
    Outcome {
        Ok = "ok",
        /// It was not allowed.
        Refused = "refused",
        /// It was allowed and did not work.
        Failed = "failed",
    }
);

words!(
    /// What it was done to.
    #[schema(as = AuditTargetKind)]
    TargetKind {
        User = "user",
        Group = "group",
        Session = "session",
        Token = "token",
        Template = "template",
        Registry = "registry",
        Desktop = "desktop",
        Job = "job",
        Queue = "queue",
        Drift = "drift",
        /// An address of the api.
        Call = "call",
    }
);
