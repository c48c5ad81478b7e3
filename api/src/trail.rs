//! What goes into the audit log: a handler asks for a `Trail`, which knows who calls, from where and under which request id, and
//! says in one line what was done, in the transaction that did it. Refusals are written by `refusals`, or here where only the
//! handler knows who was meant.
use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{Extensions, HeaderMap, request::Parts},
};
use berth_shared::{
    domain::audit::{Action, Outcome},
    store::{
        StoreError, Tx,
        audit::{self, Entry, Target},
        users::User,
    },
};

use crate::{address::ClientAddress, auth::caller, request_id::RequestId, state::App};

/// Who does something, as the audit log names them.
#[derive(Debug, Clone)]
pub struct Trail {
    actor_id: Option<String>,
    actor: String,
    /// The name of the token that they call with.
    token: Option<String>,
    address: String,
    request_id: Option<String>,
}

impl Trail {
    pub fn of(app: &App, extensions: &Extensions, headers: &HeaderMap) -> Self {
        let caller = caller::known(extensions);
        Self {
            actor_id: caller.map(|caller| caller.user.id.clone()),
            actor: caller.map(|caller| caller.user.username.clone()).unwrap_or_default(),
            token: caller.and_then(|caller| Some(caller.token.as_ref()?.name.clone())),
            address: ClientAddress::of(extensions, headers, &app.trusted_proxies).0.to_string(),
            request_id: extensions.get::<RequestId>().map(|id| id.as_str().to_owned()),
        }
    }

    /// The same call, made by this user: they have just proved who they are.
    #[must_use]
    pub fn by(self, user: &User) -> Self {
        Self { actor_id: Some(user.id.clone()), actor: user.username.clone(), ..self }
    }

    /// The same call, made by somebody who says to be this one.
    #[must_use]
    pub fn by_name(self, username: &str) -> Self {
        Self { actor_id: None, actor: username.to_owned(), ..self }
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    /// Writes that it was done, with the change itself.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn did(
        &self,
        tx: &mut Tx,
        action: Action,
        target: impl Into<Option<Target<'_>>>,
        detail: &str,
    ) -> Result<(), StoreError> {
        self.write(tx, action, target.into(), Outcome::Ok, detail).await
    }

    /// Writes that it was refused, by itself. A log that cannot be written changes nothing about the refusal.
    pub async fn was_refused(&self, app: &App, action: Action, target: impl Into<Option<Target<'_>>>, detail: &str) {
        let target = target.into();
        let write = async {
            let mut tx = app.db.begin().await?;
            self.write(&mut tx, action, target, Outcome::Refused, detail).await?;
            tx.commit().await
        };
        if let Err(error) = write.await {
            tracing::warn!(%error, %action, "a refusal is not in the audit log");
        }
    }

    async fn write(
        &self,
        tx: &mut Tx,
        action: Action,
        target: Option<Target<'_>>,
        result: Outcome,
        detail: &str,
    ) -> Result<(), StoreError> {
        let with_token = self.token.as_ref().map(|token| format!("{detail} With the token “{token}”."));
        let entry = Entry {
            actor_id: self.actor_id.as_deref(),
            actor: &self.actor,
            action,
            target,
            address: Some(&self.address),
            result,
            detail: with_token.as_deref().unwrap_or(detail).trim_start(),
            request_id: self.request_id.as_deref(),
        };
        audit::write(tx, &entry).await
    }
}

impl FromRequestParts<App> for Trail {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self::of(app, &parts.extensions, &parts.headers))
    }
}
