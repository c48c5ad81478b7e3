//! Where records and engines do not agree, and what operators and administrators decide about it. Nothing here asks an
//! engine: a decision is written down, and a worker of that node carries it out.
use axum::{Json, extract::State, http::StatusCode};
use berth_shared::{
    domain::{
        audit::TargetKind,
        drift::{DriftAction, DriftItem, DriftList},
    },
    store::{
        audit::Target,
        drift::{self, Answer},
    },
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    auth::caller::{Caller, Operator},
    extract::Id,
    problem::ApiError,
    retry::retrying,
    state::App,
    trail::Trail,
};

type Asked = (StatusCode, Json<DriftItem>);

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(compare))
        .routes(routes!(adopt))
        .routes(routes!(remove))
        .routes(routes!(forget))
}

/// Every difference, and on how much both sides agree.
#[utoipa::path(get, path = "/admin/drift", operation_id = "drift", tag = "admin",
    responses((status = 200, body = DriftList)))]
async fn list(State(app): State<App>, _: Operator) -> Result<Json<DriftList>, ApiError> {
    Ok(Json(drift::overview(&mut app.db.read().await?).await?))
}

/// Asks each node's workers to compare now. The answer is the list as it is before that.
#[utoipa::path(post, path = "/admin/drift/compare", operation_id = "compare_drift", tag = "admin",
    responses((status = 202, body = DriftList)))]
async fn compare(State(app): State<App>, _: Operator) -> Result<(StatusCode, Json<DriftList>), ApiError> {
    retrying(|| async {
        let mut tx = app.db.begin().await?;
        drift::compare_all(&mut tx).await?;
        Ok(tx.commit().await?)
    })
    .await?;
    app.signals.changed();
    let list = drift::overview(&mut app.db.read().await?).await?;
    Ok((StatusCode::ACCEPTED, Json(list)))
}

/// Gives a container that no desktop knows its desktop back.
#[utoipa::path(post, path = "/admin/drift/{id}/adopt", operation_id = "adopt_drift", tag = "admin",
    params(("id" = String, Path)), responses((status = 202, body = DriftItem)))]
async fn adopt(
    State(app): State<App>,
    Operator(caller): Operator,
    trail: Trail,
    Id(id): Id,
) -> Result<Asked, ApiError> {
    decide(&app, &caller, &trail, &id, DriftAction::Adopt).await
}

/// Removes what is there without a record, or the desktop that lost its container.
#[utoipa::path(post, path = "/admin/drift/{id}/remove", operation_id = "remove_drift", tag = "admin",
    params(("id" = String, Path)), responses((status = 202, body = DriftItem)))]
async fn remove(
    State(app): State<App>,
    Operator(caller): Operator,
    trail: Trail,
    Id(id): Id,
) -> Result<Asked, ApiError> {
    decide(&app, &caller, &trail, &id, DriftAction::Remove).await
}

/// Leaves it alone, or takes it from the records: the item's `explains` says which.
#[utoipa::path(post, path = "/admin/drift/{id}/forget", operation_id = "forget_drift", tag = "admin",
    params(("id" = String, Path)), responses((status = 202, body = DriftItem)))]
async fn forget(
    State(app): State<App>,
    Operator(caller): Operator,
    trail: Trail,
    Id(id): Id,
) -> Result<Asked, ApiError> {
    decide(&app, &caller, &trail, &id, DriftAction::Forget).await
}

async fn decide(app: &App, caller: &Caller, trail: &Trail, id: &str, action: DriftAction) -> Result<Asked, ApiError> {
    let by = &caller.user.username;
    let item = retrying(|| async {
        let mut tx = app.db.begin().await?;
        let item = match drift::ask(&mut tx, id, action, by).await? {
            Answer::Asked(item) => *item,
            Answer::Unknown => return Err(ApiError::DriftSettled),
            Answer::NotOffered { offered } => return Err(ApiError::NotOffered(offered)),
            Answer::EngineDown { node } => return Err(ApiError::EngineDown { node }),
        };
        let target = Target::new(TargetKind::Drift, id, item.kind.as_str());
        trail.did(&mut tx, action.written(), target, &format!("On {}.", item.node)).await?;
        tx.commit().await?;
        Ok(item)
    })
    .await?;
    app.signals.changed();
    tracing::info!(by, %action, kind = %item.kind, node = item.node, "decided about a difference");
    Ok((StatusCode::ACCEPTED, Json(item)))
}
