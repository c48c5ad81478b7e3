//! One stored value, typed as the schema types it.

use serde::{Deserialize, Serialize};

/// What a cell holds. In a backup it is JSON's null, true, whole number or text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    Null,
    Boolean(bool),
    Integer(i64),
    Text(String),
}
