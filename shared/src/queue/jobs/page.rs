//! The SQL of lists: pages by key, newest first, put together from what a filter narrows by, so that each of its forms is
//! served by the index that was made for it.

use super::filter::{Filter, Since};
use super::row::{JobRow, Raw, columns, joins};
use crate::domain::job::{JobState, Kind};
use crate::domain::time::Time;
use crate::store::{StoreError, Tx};
use sqlx::AssertSqlSafe;

/// A value beside the text of a statement. The text itself is only ever made of constants.
enum Value {
    Text(String),
    Number(i64),
}

/// Runs a text that was put together here, with its values, on either database.
macro_rules! run_built {
    ($tx:expr, $row:ty, $built:expr) => {{
        let Built { sql, values } = $built;
        match $tx {
            Tx::Sqlite(tx) => {
                let mut query = sqlx::query_as::<_, $row>(AssertSqlSafe(sql));
                for value in values {
                    query = match value {
                        Value::Text(text) => query.bind(text),
                        Value::Number(number) => query.bind(number),
                    };
                }
                query.fetch_all(&mut **tx).await.map_err(StoreError::from)
            }
            Tx::Postgres(tx, kept) => {
                let mut query = sqlx::query_as::<_, $row>(AssertSqlSafe(sql));
                for value in values {
                    query = match value {
                        Value::Text(text) => query.bind(text),
                        Value::Number(number) => query.bind(number),
                    };
                }
                query.persistent(kept.named()).fetch_all(&mut **tx).await.map_err(StoreError::from)
            }
        }
    }};
}

struct Built {
    sql: String,
    values: Vec<Value>,
}

impl Built {
    fn text(&mut self, text: impl Into<String>) -> String {
        self.values.push(Value::Text(text.into()));
        format!("${}", self.values.len())
    }

    fn number(&mut self, number: i64) -> String {
        self.values.push(Value::Number(number));
        format!("${}", self.values.len())
    }
}

/// The ids that a filter finds, below `before` (empty: from the newest), at most `limit`.
fn chosen(filter: &Filter, before: &str, limit: i64, now: Time) -> Built {
    let mut built = Built { sql: String::new(), values: Vec::new() };
    let mut narrow = String::new();
    if !before.is_empty() {
        let before = built.text(before);
        narrow.push_str(&format!(" AND j.id < {before}"));
    }
    if !filter.kinds.is_empty() {
        let kinds: Vec<String> = filter.kinds.iter().map(|kind| built.text(kind.as_str())).collect();
        narrow.push_str(&format!(" AND j.kind IN ({})", kinds.join(", ")));
    }
    if let Some(key) = &filter.user_key {
        let key = built.text(key);
        narrow.push_str(&format!(" AND j.user_id = (SELECT id FROM users WHERE username_key = {key})"));
    }
    if let Some(desktop) = &filter.desktop {
        let desktop = built.text(desktop);
        narrow.push_str(&format!(" AND j.desktop_id = {desktop}"));
    }
    if let Some(worker) = &filter.worker {
        let worker = built.text(worker);
        narrow.push_str(&format!(" AND j.id IN (SELECT job_id FROM attempts WHERE worker_id = {worker})"));
    }
    if let Some(since) = filter.since {
        let since = built.number(match since {
            Since::At(at) => at.0,
            Since::Back(duration) => now.minus(duration).0,
        });
        narrow.push_str(&format!(" AND coalesce(j.finished_at, j.created_at) >= {since}"));
    }
    if let Some(q) = &filter.q {
        narrow.push_str(&search(&mut built, q));
    }
    let most = built.number(limit);
    // One list a state, each in the order of its index, then put together: no planner has to guess.
    let one_list = |state: Option<String>| {
        let state = state.map(|state| format!(" AND j.state = {state}")).unwrap_or_default();
        format!("SELECT j.id FROM jobs j WHERE 1 = 1{state}{narrow} ORDER BY j.id DESC LIMIT {most}")
    };
    built.sql = match filter.states.as_slice() {
        [] => one_list(None),
        states => {
            let states: Vec<String> = states.iter().map(|state| built.text(state.as_str())).collect();
            let lists = states.into_iter().enumerate();
            let lists = lists.map(|(n, state)| format!("SELECT id FROM ({}) AS s{n}", one_list(Some(state))));
            let lists: Vec<String> = lists.collect();
            format!("SELECT id FROM ({}) AS found ORDER BY id DESC LIMIT {most}", lists.join(" UNION ALL "))
        }
    };
    built
}

/// Part of a name, or the beginning of an id. `%` and `_` mean themselves.
fn search(built: &mut Built, q: &str) -> String {
    let part = built.text(crate::store::containing(q));
    let like = |column: &str| format!("lower({column}) LIKE {part} ESCAPE '\\'");
    let mut any = vec![
        format!("j.user_id IN (SELECT id FROM users WHERE {} OR {})", like("username"), like("display_name")),
        format!("j.desktop_id IN (SELECT id FROM desktops WHERE {})", like("name")),
        like("j.image"),
    ];
    if q.bytes().all(|b| b.is_ascii_alphanumeric()) {
        // Ids are upper case.
        let beginning = built.text(format!("{}%", q.to_ascii_uppercase()));
        any.extend(["j.id", "j.desktop_id"].map(|column| format!("{column} LIKE {beginning}")));
    }
    format!(" AND ({})", any.join(" OR "))
}

/// A page of jobs, newest first, and the id to go on below; none: that was all. Rows that this binary does not know are
/// left out, so a page may be shorter than `limit`.
///
/// # Errors
/// When the database fails.
pub async fn page(
    tx: &mut Tx,
    filter: &Filter,
    before: &str,
    limit: usize,
) -> Result<(Vec<JobRow>, Option<String>), StoreError> {
    if filter.matches_nothing {
        return Ok((Vec::new(), None));
    }
    let now = tx.now().await?;
    let one_more = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    let mut built = chosen(filter, before, one_more, now);
    built.sql = format!(
        "SELECT {} FROM ({}) AS chosen JOIN jobs j ON j.id = chosen.id{}ORDER BY j.id DESC",
        columns!(),
        built.sql,
        joins!()
    );
    let mut rows: Vec<Raw> = run_built!(tx, Raw, built)?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|last| last.id.clone());
    Ok((rows.into_iter().filter_map(Raw::read).collect(), next))
}

/// The ids and desktops of the next jobs that a filter finds, newest first.
///
/// # Errors
/// When the database fails.
pub async fn ids(tx: &mut Tx, filter: &Filter, before: &str, limit: i64) -> Result<Vec<(String, String)>, StoreError> {
    if filter.matches_nothing {
        return Ok(Vec::new());
    }
    let now = tx.now().await?;
    let mut narrowed = filter.clone();
    // What the lists leave out is not touched either. (Kinds and states that this binary does not know.)
    if narrowed.kinds.is_empty() {
        narrowed.kinds = vec![Kind::Create, Kind::Stop, Kind::Cleanup, Kind::Pull];
    }
    if narrowed.states.is_empty() {
        narrowed.states = JobState::ALL.to_vec();
    }
    let mut built = chosen(&narrowed, before, limit, now);
    built.sql = format!(
        "SELECT j.id, j.desktop_id FROM ({}) AS chosen JOIN jobs j ON j.id = chosen.id ORDER BY j.id DESC",
        built.sql
    );
    run_built!(tx, (String, String), built)
}
