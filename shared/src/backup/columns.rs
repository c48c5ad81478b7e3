//! The columns of a table, as the database itself tells them: a backup is of the schema that is there, whatever its version.

use super::BackupError;
use crate::store::{Tx, all};
use serde::{Deserialize, Serialize};

/// What a column holds, on both databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Type {
    Text,
    Integer,
    Boolean,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub name: String,
    #[serde(rename = "type")]
    pub of: Type,
}

const SQLITE: &str = "SELECT name, lower(type) FROM pragma_table_info($1) ORDER BY cid";
const POSTGRES: &str = "SELECT column_name::text, data_type::text FROM information_schema.columns \
    WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position";

/// None at all: there is no such table.
///
/// # Errors
/// When the database fails, or a column has a type that backups do not know.
pub async fn of_table(tx: &mut Tx, table: &str) -> Result<Vec<Column>, BackupError> {
    let sql = if matches!(tx, Tx::Sqlite(_)) { SQLITE } else { POSTGRES };
    let told = all!(tx, (String, String), sql, table)?;
    told.into_iter()
        .map(|(name, of)| match of.as_str() {
            "text" => Ok(Column { name, of: Type::Text }),
            "bigint" | "integer" => Ok(Column { name, of: Type::Integer }),
            "boolean" => Ok(Column { name, of: Type::Boolean }),
            _ => Err(BackupError::UnknownType { table: table.to_owned(), column: name, of }),
        })
        .collect()
}

/// The names as a list in SQL.
pub(super) fn listed(columns: &[Column]) -> String {
    let quoted: Vec<String> = columns.iter().map(|column| format!("\"{}\"", column.name)).collect();
    quoted.join(", ")
}
