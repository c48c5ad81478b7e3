//! Keyset pages: `?limit=&cursor=` → `{items, next_cursor}`. A cursor is the key of the page's last row; opaque to
//! clients, so that it may change.
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::problem::ApiError;

const USUAL: u16 = 50;
const MOST: u16 = 200;

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Most items of the answer.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

impl PageQuery {
    /// # Errors
    /// 422 outside of 1 to 200.
    pub fn limit(&self) -> Result<usize, ApiError> {
        match self.limit.unwrap_or(USUAL) {
            limit @ 1..=MOST => Ok(usize::from(limit)),
            _ => Err(ApiError::invalid("limit", "write a number from 1 to 200")),
        }
    }

    /// The key that the page begins after.
    ///
    /// # Errors
    /// 422 for what no page gave out.
    pub fn after(&self) -> Result<Option<String>, ApiError> {
        self.cursor.as_deref().map(decode).transpose()
    }
}

/// Cuts the one row off that was read beyond the page, and makes the cursor.
pub fn cut<T>(rows: &mut Vec<T>, limit: usize, key: impl Fn(&T) -> String) -> Option<String> {
    let more = rows.len() > limit;
    rows.truncate(limit);
    rows.last().filter(|_| more).map(|last| encode(&key(last)))
}

/// A cursor of this key.
pub fn encode(key: &str) -> String {
    URL_SAFE_NO_PAD.encode(key)
}

/// How many rows tell whether there are more.
pub fn one_more(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1)
}

pub fn bad_cursor() -> ApiError {
    ApiError::invalid("cursor", "take it from a page's next_cursor")
}

fn decode(cursor: &str) -> Result<String, ApiError> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| bad_cursor())?;
    // Keys are ids, names and numbers; a database refuses texts with a NUL.
    String::from_utf8(bytes).ok().filter(|key| !key.contains(char::is_control)).ok_or_else(bad_cursor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_the_key_of_the_last_row_and_only_when_there_is_more() {
        let mut rows = vec!["a", "b", "c"];
        let cursor = cut(&mut rows, 2, |row| format!("{row}!")).unwrap();
        assert_eq!(rows, ["a", "b"]);
        let next = PageQuery { limit: None, cursor: Some(cursor) };
        assert_eq!(next.after().unwrap().as_deref(), Some("b!"));
        assert_eq!(cut(&mut rows, 2, |row| (*row).to_owned()), None);
        for bad in ["", "!!", "AA", "_w"] {
            let query = PageQuery { limit: None, cursor: Some(bad.to_owned()) };
            assert_eq!(query.after().is_err(), !bad.is_empty(), "{bad}");
        }
        assert!(PageQuery { limit: Some(0), cursor: None }.limit().is_err());
    }
}
