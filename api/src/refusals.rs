//! Writes into the audit log what the api refused to whom: calls that somebody may not make, starts beyond a limit, too many
//! viewers. What may come in a flood is written once a minute for each caller.
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use berth_shared::{
    domain::audit::{Action, TargetKind},
    store::{audit::Target, desktops},
};

use crate::{address::ClientAddress, auth::caller, limits, problem::Problem, state::App, trail::Trail};

pub async fn layer(State(app): State<App>, request: Request, next: Next) -> Response {
    let call = format!("{} {}", request.method(), request.uri().path());
    let trail = Trail::of(&app, request.extensions(), request.headers());
    let counted = match caller::known(request.extensions()) {
        Some(caller) => limits::Caller::User(caller.user.id.clone()),
        None => {
            limits::Caller::address(ClientAddress::of(request.extensions(), request.headers(), &app.trusted_proxies).0)
        }
    };
    let response = next.run(request).await;
    if let Some(problem) = response.extensions().get::<Problem>()
        && let Some((action, often)) = of_code(&problem.code)
        && (!often || app.refusals.check(&counted).is_ok())
    {
        note(&app, &trail, action, &call, &problem.detail).await;
    }
    response
}

/// As what a refusal is written, and whether it may come in a flood.
fn of_code(code: &str) -> Option<(Action, bool)> {
    Some(match code {
        "forbidden" | "token_not_allowed" => (Action::AccessRefused, false),
        "quota_exceeded" | "start_rate_limited" => (Action::StartRefused, false),
        "too_many_streams" => (Action::DesktopOpen, true),
        "origin_refused" | "rate_limited" | "too_many_event_streams" => (Action::AccessRefused, true),
        _ => return None,
    })
}

async fn note(app: &App, trail: &Trail, action: Action, call: &str, detail: &str) {
    let desktop = match desktop_in(call) {
        Some(id) => name_of(app, id).await.map(|name| (id, name)),
        None => None,
    };
    let target = match &desktop {
        Some((id, name)) => Target::desktop(id, name),
        None => Target::new(TargetKind::Call, call, call),
    };
    trail.was_refused(app, action, target, detail).await;
}

/// The desktop's id in the path of a call.
fn desktop_in(call: &str) -> Option<&str> {
    call.split_once("/desktops/").and_then(|(_, rest)| rest.split('/').next())
}

async fn name_of(app: &App, id: &str) -> Option<String> {
    let mut tx = app.db.read().await.ok()?;
    desktops::get(&mut tx, id).await.ok()?.map(|desktop| desktop.name)
}

#[cfg(test)]
mod tests {
    use super::desktop_in;

    #[test]
    fn the_desktop_of_a_call_is_found() {
        assert_eq!(desktop_in("POST /api/v1/desktops/01J/start"), Some("01J"));
        assert_eq!(desktop_in("GET /api/v1/desktops/01J"), Some("01J"));
        assert_eq!(desktop_in("POST /api/v1/desktops"), None);
    }
}
