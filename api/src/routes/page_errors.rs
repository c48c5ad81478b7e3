//! Errors that happened in a browser: logged here, counted, and sent on with this process's own when errors are reported.
//!
//! What a page says may be long, wrong or made up: it is cut, and each person is heard ten times a minute.
use axum::{extract::State, http::StatusCode};
use berth_shared::measure;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{auth::caller::Caller, extract::RawJson, limits, problem::ApiError, state::App};

const LONGEST_MESSAGE: usize = 500;
const LONGEST_STACK: usize = 4_000;
const LONGEST_PAGE: usize = 100;

/// An error of the page.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PageError {
    /// What the browser says of it.
    message: String,
    /// Where in the program.
    stack: Option<String>,
    /// On which page: its pattern, such as `/desktops/:id`.
    page: Option<String>,
}

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(report))
}

/// Tells of an error that happened in the page.
#[utoipa::path(post, path = "/page-errors", operation_id = "report_page_error", tag = "about", security(("session" = [])),
    request_body = PageError, responses((status = 204)))]
async fn report(State(app): State<App>, caller: Caller, body: RawJson) -> Result<StatusCode, ApiError> {
    let PageError { message, stack, page } = body.parse()?;
    app.page_errors.check(&limits::Caller::User(caller.user.id.clone()))?;
    measure::page_failed();
    let cut = |text: &str, longest: usize| text.chars().filter(|c| *c != '\0').take(longest).collect::<String>();
    let (message, stack) = (cut(&message, LONGEST_MESSAGE), cut(&stack.unwrap_or_default(), LONGEST_STACK));
    let page = cut(&page.unwrap_or_default(), LONGEST_PAGE);
    tracing::warn!(target: "page", stack, page, "a page failed: {message}");
    Ok(StatusCode::NO_CONTENT)
}
